import type { FragmentInput } from "@tidegate/core-registry";
import { playerGraphQL } from "./graphql.ts";
import { playerRest } from "./rest.ts";

/** What the player service publishes. */
export const playerFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Only a player has a page of their own.",
        actions: ["player.me"],
        scope: ["player.self"],
      },
      {
        description: "Players are added and removed by those who may write players.",
        actions: ["player.create", "player.remove"],
        scope: ["player.write"],
      },
      {
        description: "Players change their own record; who may write players changes any.",
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
        description: "Messages are for players, and have 1 to 200 characters.",
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
