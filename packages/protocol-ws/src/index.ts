import type { WebSocketInput } from "./schema.ts";

export type { WebSocketInput, WebSocketRouteInput } from "./schema.ts";
export { webSocket } from "./web-socket.ts";

declare module "@tidegate/core-registry" {
  interface FragmentParts {
    /** Adds WebSocket routes to the API (S6). */
    readonly WebSocket?: WebSocketInput | undefined;
  }
}
