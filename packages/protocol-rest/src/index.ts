export { rest } from "./rest.ts";
export type { RestInput, RestRouteInput } from "./schema.ts";
