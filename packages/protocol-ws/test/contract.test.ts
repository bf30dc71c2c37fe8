import { testProtocol } from "@tidegate/plugin-testkit";
import { webSocket } from "../src/index.ts";

testProtocol({
  name: "S6 the protocol WebSocket fulfils its contract (S17)",
  make: webSocket,
  parts: [
    {
      input: {
        basePath: "/chat",
        routes: [
          {
            path: "/:room",
            subscribe: { events: ["chat.said"] },
            publish: { event: "chat.say", params: { room: "@path.room", text: "@message.text" } },
          },
        ],
      },
      documented: {
        description: "Chat rooms.",
        basePath: "/chat",
        routes: [
          {
            path: "/:room",
            description: "One room.",
            deprecated: false,
            subscribe: { events: ["chat.said"] },
            publish: { event: "chat.say", params: { room: "@path.room", text: "@message.text" } },
          },
        ],
      },
      requests: [{ url: "/chat/blue", messages: ['{"text":"hello"}', '{"text":"again"}'] }],
    },
    {
      input: { basePath: "/ticks", routes: [{ path: "/", subscribe: { events: ["tick"] } }] },
      requests: [{ url: "/ticks", messages: [], received: [] }],
    },
  ],
  invalidParts: [
    { routes: [{ path: "/" }] },
    { routes: [{ path: "/:", subscribe: { events: ["tick"] } }] },
    { routes: [{ path: "/", subscribe: { events: [] }, call: { action: "a.b" } }] },
    { routes: [{ path: "/", publish: { event: "chat.say", params: { id: "@body.id" } } }] },
  ],
});
