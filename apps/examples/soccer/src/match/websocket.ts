import type { WebSocketInput } from "@tidegate/protocol-ws";

/** Sockets of the match service. */
export const matchWebSocket: WebSocketInput = {
  description: "Matches as they are played.",
  basePath: "/matches",
  routes: [
    {
      path: "/feed",
      description:
        "Goals, cards and whistles, of all matches or of the one that `?match=` names. Who has a token cheers: each message's `text` is sent on.",
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
      description: "The cheers, for players.",
      subscribe: { events: ["match.cheer"] },
    },
  ],
};
