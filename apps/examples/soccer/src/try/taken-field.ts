import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerGraphQL } from "../player/graphql.ts";

/** The player service's fragment with a field that the team service owns: `Query.team`. */
const takenField: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    GraphQL: {
      ...playerGraphQL,
      typeDefs: `${playerGraphQL.typeDefs}
    extend type Query {
      team(id: ID!): Team
    }
  `,
      resolvers: {
        ...playerGraphQL.resolvers,
        Query: { ...playerGraphQL.resolvers?.Query, team: { call: "team.get" } },
      },
    },
  },
};

export default takenField;
