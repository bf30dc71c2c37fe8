import type { FragmentInput } from "@tidegate/core-registry";
import { teamGraphQL } from "./graphql.ts";
import { teamRest } from "./rest.ts";

/**
 * The fragment of the team service. It also calls an action of the player service: a fragment can call any
 * action.
 */
export const teamFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Only clients with the scope team.write rename teams.",
        actions: ["team.rename"],
        scope: ["team.write"],
      },
    ],
  },
  protocol: { REST: teamRest, GraphQL: teamGraphQL },
};
