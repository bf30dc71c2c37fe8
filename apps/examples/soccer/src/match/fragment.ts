import type { FragmentInput } from "@tidegate/core-registry";
import { matchGraphQL } from "./graphql.ts";
import { matchRest } from "./rest.ts";
import { matchWebSocket } from "./websocket.ts";

/** What the match service publishes. */
export const matchFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Scores and the clock are set by those who may write matches.",
        actions: ["match.score", "match.clock"],
        scope: ["match.write"],
      },
    ],
    publish: [
      {
        description: "Who cheers says who they are, in 1 to 80 characters.",
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
        description: "Cheers are heard by players.",
        events: ["match.cheer"],
        scope: ["player.self"],
      },
    ],
  },
  protocol: { REST: matchRest, GraphQL: matchGraphQL, WebSocket: matchWebSocket },
};
