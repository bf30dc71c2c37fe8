export { type Auth, type AuthInput, type AuthParser, type AuthParsers, authContext } from "./context/auth.ts";
export { type JwtOptions, jwt } from "./context/jwt.ts";
export { idContext, ipContext, type RequestView, requestContext } from "./context/request.ts";
export { fromH3, type H3Input } from "./middleware/from-h3.ts";
export type { BranchOptions, H3ServerOptions, WebSocketOptions } from "./options.ts";
export { defaultDrainDelaySeconds } from "./options.ts";
export { h3Server } from "./server.ts";
