import type { TestService } from "@tidegate/plugin-testkit";

const ids = { type: "object", properties: { id: { type: "array" } }, required: ["id"] };
const teamCount = 8;

/** Players. Uses the type `Team`, and extends it with the players. */
export const player: TestService = {
  name: "player",
  fragment: {
    protocol: {
      REST: {
        basePath: "/players",
        routes: [{ method: "GET", path: "/:id", call: { action: "player.one" } }],
      },
      GraphQL: {
        typeDefs: `
          type Player { id: ID! name: String! team: Team }
          extend type Team { players: [Player!]! }
          extend type Query { viewer: Player player(id: ID!): Player }
          extend type Mutation { score(id: ID!): ID }`,
        resolvers: {
          Query: {
            viewer: { call: { action: "player.get", params: { id: "@context.auth.identity[]" } } },
            player: { call: { action: "player.get", params: { id: "@args.id[]" } } },
          },
          Mutation: {
            score: {
              publish: {
                event: "player.scored",
                params: { id: "@args.id" },
                map: "({ params }) => params.id",
              },
            },
          },
          Player: { team: { call: { action: "team.get", params: { id: "@source.teamId[]" } } } },
          Team: { players: { call: { action: "player.of", params: { team: "@source.id[]" } } } },
        },
      },
    },
    policy: {
      call: [
        {
          description: "No team is secret but the last.",
          actions: ["team.get"],
          filter: "({ params }) => params.id !== '99'",
        },
      ],
    },
  },
  actions: {
    one: {
      params: { type: "object", properties: { id: { type: "string" } } },
      handler: ({ params }) => params,
    },
    get: { params: ids, handler: ({ params }) => listOf(params, "id").map(playerOrError) },
    of: {
      params: { type: "object", properties: { team: { type: "array" } } },
      handler: ({ params }) =>
        listOf(params, "team").map((team) => allPlayers.filter(({ teamId }) => teamId === team)),
    },
  },
};

/** Teams. Uses the type `Player`, and extends it with a rank. */
export const team: TestService = {
  name: "team",
  fragment: {
    protocol: {
      REST: { basePath: "/teams", routes: [{ method: "GET", path: "/:id", call: { action: "team.one" } }] },
      GraphQL: {
        typeDefs: `
          type Team { id: ID! name: String! captain: Player }
          extend type Player { rank: Int }
          extend type Query { teams: [Team!]! motto: String }`,
        resolvers: {
          Query: { teams: { call: { action: "team.list" } }, motto: "() => 'Fair play'" },
          Team: { captain: { call: { action: "player.get", params: { id: "@source.captainId[]" } } } },
          Player: { rank: "({ source }) => Number(source.id) + 100" },
        },
      },
    },
  },
  actions: {
    one: {
      params: { type: "object", properties: { id: { type: "string" } } },
      handler: ({ params }) => params,
    },
    list: () => Array.from({ length: teamCount }, (_, id) => teamOf(String(id))),
    get: { params: ids, handler: ({ params }) => listOf(params, "id").map(teamOf) },
  },
};

/** A subscription to goals, for clients with a scope. */
export const match: TestService = {
  name: "match",
  fragment: {
    protocol: {
      GraphQL: {
        typeDefs: `
          type Goal { minute: Int! scorer: Player }
          extend type Subscription { goals: Goal }`,
        resolvers: {
          Goal: { scorer: { call: { action: "player.get", params: { id: "@source.scorerId[]" } } } },
          Subscription: { goals: { subscribe: { events: ["match.goal"] } } },
        },
      },
      WebSocket: { basePath: "/feed", routes: [{ path: "/", subscribe: { events: ["match.**"] } }] },
    },
    policy: { subscribe: [{ description: "Readers alone.", events: ["match.**"], scope: ["read"] }] },
  },
};

const allPlayers = Array.from({ length: 50 }, (_, index) => ({
  id: String(index),
  name: `Player ${index}`,
  teamId: String(index % teamCount),
}));

function playerOrError(id: unknown): object {
  return (
    allPlayers[Number(id)] ?? { message: `There is no player ${String(id)}.`, code: 404, isBatchError: true }
  );
}

function teamOf(id: unknown): object {
  return { id, name: `Team ${String(id)}`, captainId: id };
}

function listOf(params: unknown, name: string): readonly unknown[] {
  const list: unknown = Reflect.get(Object(params), name);
  return Array.isArray(list) ? list : [];
}
