import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerGraphQL } from "../player/graphql.ts";

/** The player service's fragment with a syntax error in its types: a field without a colon. */
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
