import type { WebSocketInput } from "@tidegate/protocol-ws";

/** The WebSocket routes of the match service. */
export const matchWebSocket: WebSocketInput = {
  description: "Live events of matches.",
  basePath: "/matches",
  routes: [
    {
      path: "/feed",
      description:
        "Events of all matches, or of the match in `?match=`. Authenticated clients send cheers: `text`.",
      subscribe: {
        events: ["match.goal", "match.card", "match.whistle"],
        filter: "({ query, params }) => query.match === undefined || Number(query.match) === params.matchId",
        map: "({ event, params }) => ({ event, ...params })",
      },
      publish: {
        event: "match.cheer",
        params: { from: "@context.auth.identity.sub", text: "@message.text" },
      },
    },
    {
      path: "/cheers",
      description: "Cheers. Only players can connect.",
      subscribe: { events: ["match.cheer"] },
    },
  ],
};
