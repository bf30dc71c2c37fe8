import type { Protocol } from "@tidegate/core-registry";
import { compilePart } from "./compile.ts";
import { type WebSocketInput, webSocketSchema } from "./schema.ts";

/** Makes the protocol `WebSocket` (S6): paths whose sockets are sent events, publish what they send, or both. */
export function webSocket(): Protocol<WebSocketInput> {
  return { contract: 1, key: "WebSocket", schema: webSocketSchema, fingerprint, compile: compilePart };
}

// What only documents is not hashed (S1.4).
function fingerprint(input: WebSocketInput): unknown {
  const { description: _, routes = [], ...part } = input;
  return { ...part, routes: routes.map(({ description: _, deprecated: __, ...route }) => route) };
}
