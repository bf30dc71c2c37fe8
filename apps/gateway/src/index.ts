export type { AdminOptions } from "./admin/admin.ts";
export { type ConfigFile, loadConfig } from "./config/load.ts";
export { readConfig } from "./config/tree.ts";
export * from "./config/types.ts";
export {
  createDefaultGateway,
  type Gateway,
  type GatewayOptions,
  type PagesOptions,
} from "./default-gateway.ts";
export { type GatewayMixinOptions, gatewayMixin, type NodeBrokerConfig } from "./gateway-mixin.ts";
export { type StartOptions, startGateway } from "./start-gateway.ts";
