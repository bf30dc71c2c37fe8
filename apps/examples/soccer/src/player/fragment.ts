import type { FragmentInput } from "@tidegate/core-registry";
import { playerGraphQL } from "./graphql.ts";
import { playerRest } from "./rest.ts";

/** The fragment of the player service. */
export const playerFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Only players have their own page.",
        actions: ["player.me"],
        scope: ["player.self"],
      },
      {
        description: "Only clients with the scope player.write add and remove players.",
        actions: ["player.create", "player.remove"],
        scope: ["player.write"],
      },
      {
        description: "Players change their own record; clients with the scope player.write change any.",
        actions: ["player.update"],
        scope: ["player.self", "player.write"],
        filter: `({ params, context }) => {
          const { identity, scope } = context.auth;
          return scope.split(" ").includes("player.write") || identity.sub === String(params.id);
        }`,
      },
    ],
    publish: [
      {
        description: "Only players send messages, with 1 to 200 characters.",
        events: ["player.message"],
        scope: ["player.self"],
        filter: `({ params }) => {
          const { text } = params;
          return typeof text === "string" && text.trim() !== "" && text.length <= 200;
        }`,
      },
    ],
  },
  protocol: { REST: playerRest, GraphQL: playerGraphQL },
};
