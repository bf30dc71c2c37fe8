export { moleculer } from "./moleculer.ts";
export {
  type EmbeddedOptions,
  type GatewayBrokerOptions,
  type MoleculerOptions,
  moleculerOptionNames,
} from "./options.ts";
