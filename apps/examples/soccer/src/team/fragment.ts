import type { FragmentInput } from "@tidegate/core-registry";
import { teamGraphQL } from "./graphql.ts";
import { teamRest } from "./rest.ts";

/** What the team service publishes. It calls an action of the player service too: a fragment may call any. */
export const teamFragment: FragmentInput = {
  policy: {
    call: [
      {
        description: "Teams are renamed by those who may write teams.",
        actions: ["team.rename"],
        scope: ["team.write"],
      },
    ],
  },
  protocol: { REST: teamRest, GraphQL: teamGraphQL },
};
