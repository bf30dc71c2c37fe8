export { moleculer } from "./moleculer.ts";
export {
  type EmbeddedOptions,
  type GatewayBrokerOptions,
  type MoleculerOptions,
  moleculerOptionNames,
} from "./options.ts";
export { type TidegateMixinOptions, tidegate } from "./service/mixin.ts";
export { preset } from "./service/preset.ts";
