export { type TidegateMixinOptions, tidegate } from "./mixin.ts";
export { moleculer } from "./moleculer.ts";
export { moleculerOptionNames } from "./option-names.ts";
export type { EmbeddedOptions, GatewayBrokerOptions, MoleculerOptions } from "./options.ts";
export { preset } from "./preset.ts";
