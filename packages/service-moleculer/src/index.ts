export type { TidegateActionOptions } from "./service/action-options.ts";
export { type TidegateMixinOptions, tidegate } from "./service/mixin.ts";
export { type PresetOptions, preset } from "./service/preset.ts";
