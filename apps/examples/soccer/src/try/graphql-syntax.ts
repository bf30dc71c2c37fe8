import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerGraphQL } from "../player/graphql.ts";

/** The player's fragment with a field that lacks its colon. */
const graphqlSyntax: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    GraphQL: {
      ...playerGraphQL,
      typeDefs: `${playerGraphQL.typeDefs}
    extend type Player {
      nickname String
    }
  `,
    },
  },
};

export default graphqlSyntax;
