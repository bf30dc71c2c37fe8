import type { GraphQLInput, TypeResolversInput } from "@tidegate/protocol-graphql";

const team = (id: string): TypeResolversInput[string] => ({
  call: { action: "team.get", params: { id: `@source.${id}[]` } },
});
const matchEvent: TypeResolversInput = {
  match: { call: { action: "match.get", params: { id: "@source.matchId[]" } } },
};
const playerEvent: TypeResolversInput = {
  ...matchEvent,
  team: team("teamId"),
  player: { call: { action: "player.get", params: { id: "@source.playerId[]" } } },
};

/** The GraphQL types and resolvers of the match service. */
export const matchGraphQL: GraphQLInput = {
  description: "Matches, the table, and live events.",
  typeDefs: `
    "A match that has been played or is being played."
    type Match {
      id: ID!
      date: Date!
      home: Team
      away: Team
      "Goals of the home team and of the away team."
      score: [Int!]!
      "The current minute; null if the match is not being played."
      minute: Int
    }

    "A row of the table."
    type TableRow {
      team: Team
      played: Int!
      scored: Int!
      conceded: Int!
      points: Int!
    }

    "An event of a match."
    interface MatchEvent {
      match: Match
      minute: Int!
      "The score after the event."
      score: [Int!]!
    }

    type Goal implements MatchEvent {
      match: Match
      minute: Int!
      score: [Int!]!
      team: Team
      player: Player
    }

    type Card implements MatchEvent {
      match: Match
      minute: Int!
      score: [Int!]!
      team: Team
      player: Player
      color: CardColor!
    }

    "The beginning or the end of a match."
    type Whistle implements MatchEvent {
      match: Match
      minute: Int!
      score: [Int!]!
      period: Period!
    }

    enum CardColor { yellow red }
    enum Period { kickoff fulltime }

    "A cheer of a client."
    type Cheer {
      from: ID!
      text: String!
    }

    extend type Team {
      "The last matches of the team, by date."
      matches(limit: Int): [Match!]!
    }

    extend type Query {
      match(id: ID!): Match
      matches(teamId: ID, limit: Int, offset: Int): [Match!]!
      "The matches of the last day, which are played live."
      today: [Match!]!
      "The current table, including the matches that are being played."
      table: [TableRow!]!
    }

    extend type Subscription {
      "Goals, cards and whistles of all matches or of one."
      matchEvents(matchId: ID): MatchEvent!
      "Cheers. Only players can subscribe."
      cheers: Cheer!
    }
  `,
  resolvers: {
    Match: { home: team("homeId"), away: team("awayId") },
    TableRow: { team: team("teamId") },
    MatchEvent: {
      __resolveType: `({ source }) =>
        ({ "match.goal": "Goal", "match.card": "Card", "match.whistle": "Whistle" })[source.event]`,
    },
    Goal: playerEvent,
    Card: playerEvent,
    Whistle: matchEvent,
    Team: {
      matches: { call: { action: "match.ofTeam", params: { teamId: "@source.id[]", limit: "@args.limit" } } },
    },
    Query: {
      match: { call: { action: "match.get", params: { id: "@args.id:number[]" } } },
      matches: {
        call: {
          action: "match.list",
          params: { teamId: "@args.teamId:number" },
          map: "({ response }) => response.matches",
        },
      },
      today: { call: "match.today" },
      table: { call: "match.table" },
    },
    Subscription: {
      matchEvents: {
        subscribe: {
          events: ["match.goal", "match.card", "match.whistle"],
          filter: "({ args, params }) => args.matchId == null || Number(args.matchId) === params.matchId",
          map: "({ event, params }) => ({ event, ...params })",
        },
      },
      cheers: { subscribe: { events: ["match.cheer"] } },
    },
  },
};
