import type { GraphQLInput } from "@tidegate/protocol-graphql";

/** The GraphQL types and resolvers of the team service. The other two services extend `Team`. */
export const teamGraphQL: GraphQLInput = {
  description: "Teams.",
  typeDefs: `
    "A team of the league."
    type Team {
      id: ID!
      name: String!
      "The year of foundation."
      founded: Int!
    }

    extend type Query {
      team(id: ID!): Team
      teams: [Team!]!
    }

    extend type Mutation {
      renameTeam(id: ID!, name: String!): Team!
    }
  `,
  resolvers: {
    Query: {
      team: { call: { action: "team.get", params: { id: "@args.id:number[]" } } },
      teams: { call: "team.list" },
    },
    Mutation: {
      renameTeam: { call: { action: "team.rename", params: { id: "@args.id:number" } } },
    },
  },
};
