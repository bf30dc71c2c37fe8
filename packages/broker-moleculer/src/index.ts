export { moleculer } from "./moleculer.ts";
export { type HostService, type NodeMixin, runInNode } from "./node-mixin.ts";
export {
  type EmbeddedOptions,
  type GatewayBrokerOptions,
  type MoleculerOptions,
  moleculerOptionNames,
} from "./options.ts";
