export { type TidegateMixinOptions, tidegate } from "./service/mixin.ts";
export { type PresetOptions, preset } from "./service/preset.ts";
