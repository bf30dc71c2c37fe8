import type { FragmentInput } from "@tidegate/core-registry";
import { playerFragment } from "../player/fragment.ts";
import { playerGraphQL } from "../player/graphql.ts";

/** The player service's fragment with a resolver for a field of the match service: `Match.home`. */
const foreignResolver: FragmentInput = {
  ...playerFragment,
  protocol: {
    ...playerFragment.protocol,
    GraphQL: {
      ...playerGraphQL,
      resolvers: { ...playerGraphQL.resolvers, Match: { home: "() => null" } },
    },
  },
};

export default foreignResolver;
