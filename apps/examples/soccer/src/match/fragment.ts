import type { FragmentInput } from "@tidegate/core-registry";
import { matchGraphQL } from "./graphql.ts";
import { matchRest } from "./rest.ts";
import { matchWebSocket } from "./websocket.ts";

/** The fragment of the match service. */
export const matchFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Only clients with the scope match.write set scores and the clock.",
        actions: ["match.score", "match.clock"],
        scope: ["match.write"],
      },
    ],
    publish: [
      {
        description: "Only authenticated clients cheer, with 1 to 80 characters.",
        events: ["match.cheer"],
        scope: ["openid"],
        filter: `({ params }) => {
          const { text } = params;
          return typeof text === "string" && text.trim() !== "" && text.length <= 80;
        }`,
      },
    ],
    subscribe: [
      {
        description: "Only players receive cheers.",
        events: ["match.cheer"],
        scope: ["player.self"],
      },
    ],
  },
  protocol: { REST: matchRest, GraphQL: matchGraphQL, WebSocket: matchWebSocket },
};
