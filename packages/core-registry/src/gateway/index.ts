/** Registry and server, wired together. Every plugin is yours to choose. */
export {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type PageFactory,
} from "./create-gateway.ts";
