import type { GraphQLInput } from "@tidegate/protocol-graphql";

/** The GraphQL types and resolvers of the player service. It extends `Team`, a type of the team service. */
export const playerGraphQL: GraphQLInput = {
  description: "Players, and the squads of teams.",
  typeDefs: `
    "A player of the league."
    type Player {
      id: ID!
      name: String!
      position: Position!
      "The shirt number."
      number: Int!
      team: Team
    }

    "The position of a player."
    enum Position { goalkeeper defender midfielder forward }

    "A message of a player to everybody."
    type Message {
      from: Player
      text: String!
    }

    input NewPlayer {
      name: String!
      position: Position!
      teamId: ID!
    }

    extend type Team {
      "The squad, or its players in one position."
      players(position: Position): [Player!]!
    }

    extend type Query {
      "The player of the token; null without a token."
      viewer: Player
      player(id: ID!): Player
      players(limit: Int, offset: Int, position: Position, teamId: ID): [Player!]!
    }

    extend type Mutation {
      addPlayer(player: NewPlayer!): Player!
      "Players can rename themselves."
      renamePlayer(id: ID!, name: String!): Player!
      sendMessage(text: String!): Message!
    }

    extend type Subscription {
      "Messages of players."
      messages: Message!
    }
  `,
  resolvers: {
    Player: {
      // `[]` batches the calls: all players of a request cause one call.
      team: { call: { action: "team.get", params: { id: "@source.teamId[]" } } },
    },
    Message: {
      from: { call: { action: "player.get", params: { id: "@source.from[]" } } },
    },
    Team: {
      players: {
        call: {
          action: "player.squad",
          params: { teamId: "@source.id[]", position: "@args.position" },
        },
      },
    },
    Query: {
      viewer: {
        call: { action: "player.get", params: { id: "@context.auth.identity.sub:number[]" } },
      },
      player: { call: { action: "player.get", params: { id: "@args.id:number[]" } } },
      players: {
        call: {
          action: "player.list",
          // The other params that the action declares are filled in from the arguments.
          params: { teamId: "@args.teamId:number" },
          map: "({ response }) => response.players",
        },
      },
    },
    Mutation: {
      addPlayer: {
        call: {
          action: "player.create",
          params: {
            name: "@args.player.name",
            position: "@args.player.position",
            teamId: "@args.player.teamId:number",
          },
        },
      },
      renamePlayer: { call: { action: "player.update", params: { id: "@args.id:number" } } },
      sendMessage: {
        publish: {
          event: "player.message",
          params: { from: "@context.auth.identity.sub:number", text: "@args.text" },
        },
      },
    },
    Subscription: {
      messages: { subscribe: { events: ["player.message"] } },
    },
  },
};
