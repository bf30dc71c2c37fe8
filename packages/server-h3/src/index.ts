export { type Auth, type AuthInput, type AuthParser, type AuthParsers, authContext } from "./context/auth.ts";
export { idContext } from "./context/id.ts";
export { ipContext } from "./context/ip.ts";
export { type JwtOptions, jwt } from "./context/jwt.ts";
export { type RequestView, requestContext } from "./context/request.ts";
export type { BranchOptions } from "./dispatch/choice.ts";
export { type H3ServerOptions, h3Server } from "./server.ts";
export type { WebSocketOptions } from "./sockets/options.ts";
