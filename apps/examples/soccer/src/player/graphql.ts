import type { GraphQLInput } from "@tidegate/protocol-graphql";

/** Players in GraphQL; `Team` is the team service's, and its squad is added to it here. */
export const playerGraphQL: GraphQLInput = {
  description: "Players, and the squads of teams.",
  typeDefs: `
    "Somebody who plays."
    type Player {
      id: ID!
      name: String!
      position: Position!
      "On the shirt."
      number: Int!
      team: Team
    }

    "Where a player plays."
    enum Position { goalkeeper defender midfielder forward }

    "What a player says to everybody."
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
      "The squad, all of it or who plays in one position."
      players(position: Position): [Player!]!
    }

    extend type Query {
      "The player whose token it is; nobody without one."
      viewer: Player
      player(id: ID!): Player
      players(limit: Int, offset: Int, position: Position, teamId: ID): [Player!]!
    }

    extend type Mutation {
      addPlayer(player: NewPlayer!): Player!
      "Players rename themselves."
      renamePlayer(id: ID!, name: String!): Player!
      sendMessage(text: String!): Message!
    }

    extend type Subscription {
      "What players say."
      messages: Message!
    }
  `,
  resolvers: {
    Player: {
      // `[]`: all players of a request ask once.
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
          // What the action declares beside it is filled in from the arguments.
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
