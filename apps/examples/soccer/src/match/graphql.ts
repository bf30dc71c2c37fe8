import type { GraphQLInput, TypeResolversInput } from "@tidegate/protocol-graphql";

const team = (id: string): TypeResolversInput[string] => ({
  call: { action: "team.get", params: { id: `@source.${id}[]` } },
});
const match: TypeResolversInput = {
  match: { call: { action: "match.get", params: { id: "@source.matchId[]" } } },
};
const somebody: TypeResolversInput = {
  ...match,
  team: team("teamId"),
  player: { call: { action: "player.get", params: { id: "@source.playerId[]" } } },
};

/** Matches in GraphQL, and what happens in them as it happens. */
export const matchGraphQL: GraphQLInput = {
  description: "Matches, the table, and what happens.",
  typeDefs: `
    "A match that was played, or is on."
    type Match {
      id: ID!
      date: Date!
      home: Team
      away: Team
      "Goals of the home team, goals of the other."
      score: [Int!]!
      "The minute that is played; null where the match is not on."
      minute: Int
    }

    "A line of the table."
    type TableRow {
      team: Team
      played: Int!
      scored: Int!
      conceded: Int!
      points: Int!
    }

    "Something that happens in a match."
    interface MatchEvent {
      match: Match
      minute: Int!
      "The score after it."
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

    "A match begins or ends."
    type Whistle implements MatchEvent {
      match: Match
      minute: Int!
      score: [Int!]!
      period: Period!
    }

    enum CardColor { yellow red }
    enum Period { kickoff fulltime }

    "Somebody cheers."
    type Cheer {
      from: ID!
      text: String!
    }

    extend type Team {
      "Its matches by date: the last ones."
      matches(limit: Int): [Match!]!
    }

    extend type Query {
      match(id: ID!): Match
      matches(teamId: ID, limit: Int, offset: Int): [Match!]!
      "The matches of the last day, which the clock plays."
      today: [Match!]!
      "The table as it stands, with the matches that are on."
      table: [TableRow!]!
    }

    extend type Subscription {
      "Goals, cards and whistles, of all matches or of one."
      matchEvents(matchId: ID): MatchEvent!
      "For players."
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
    Goal: somebody,
    Card: somebody,
    Whistle: match,
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
