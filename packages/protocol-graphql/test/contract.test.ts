import { testProtocol } from "@tidegate/plugin-testkit";
import { graphql } from "../src/index.ts";

const resolvers = {
  Query: {
    player: { call: { action: "player.get", params: { id: "@args.id" } } },
    players: { action: "player.list" },
  },
};

testProtocol({
  name: "S5 the protocol GraphQL fulfils its contract (S17)",
  make: graphql,
  parts: [
    {
      input: {
        typeDefs:
          "extend type Query { player(id: ID!): Player players: [Player!] } " +
          "type Player { id: ID! name: String }",
        resolvers,
      },
      documented: {
        description: "Players.",
        typeDefs: `extend type Query { "One player." player(id: ID!): Player players: [Player!] }
                   type Player { id: ID! name: String }`,
        resolvers,
      },
      requests: [
        {
          method: "POST",
          url: "/graphql",
          json: { query: '{ player(id: "7") { id name } }' },
          body: { data: { player: { id: "7", name: "ann" } } },
        },
        {
          method: "POST",
          url: "/graphql",
          json: { query: "{ players { id } }" },
          body: { data: { players: [] } },
        },
        { url: "/graphql?query=%7B__typename%7D", body: { data: { __typename: "Query" } } },
      ],
    },
    {
      input: {
        typeDefs: "extend type Query { team: Team } type Team { id: ID! }",
        resolvers: { Query: { team: { action: "team.get" } } },
      },
      requests: [{ method: "POST", url: "/graphql", json: { query: "{ team { id } }" }, status: 200 }],
    },
  ],
  invalidParts: [
    {},
    { typeDefs: 7 },
    { typeDefs: "extend type Query {" },
    { typeDefs: "extend type Query { a: Int }", resolvers: { Query: { a: { call: { action: "" } } } } },
  ],
  actions: {
    "player.get": ({ params }) => ({ id: params.id, name: "ann" }),
    "player.list": () => [],
    "team.get": () => ({ id: 1 }),
  },
});
