import type { FragmentInput, FragmentPolicy } from "@tidegate/core-registry";
import type { GraphQLInput } from "@tidegate/protocol-graphql";
import type { RestInput } from "@tidegate/protocol-rest";

/** The routes of the specification's player service, with the first of the two alternatives for `GET /me`. */
export const playerRest: RestInput = {
  basePath: "/players",
  description: "player service REST API",
  routes: [
    {
      method: "GET",
      path: "/:id",
      deprecated: false,
      description: "Get player information by id",
      call: { action: "player.get", params: { id: "@path.id" } },
    },
    {
      method: "GET",
      path: "/me",
      description: "Get player information of mine",
      call: { action: "player.get", params: { id: "@context.auth.player.id" } },
    },
    {
      method: "POST",
      path: "/message",
      description: "Push notifications to all players",
      publish: {
        event: "player.message",
        broadcast: false,
        params: { userId: "@context.auth.player.id", message: "@body.message" },
      },
    },
  ],
};

/** The second alternative for `GET /me`. */
export const mapMe = {
  method: "GET",
  path: "/me",
  description: "Get player information of mine",
  map: "({ path, query, body, context }) => context.auth.player",
} as const;

/**
 * The types of the specification's player service. `__isTypeOf` is corrected: an arrow expression has no
 * `return`.
 */
export const playerGraphQL: GraphQLInput = {
  typeDefs: `
    """Soccer Player"""
    type Player implements Node {
      id: ID!
      email: String!
      name: String!
      photoURL: String
      position: String
      """A team player belongs to"""
      team: Team
    }

    extend type Query {
      """Current Player"""
      viewer: Player
      player(id: ID!): Player
    }

    extend type Subscription {
      playerMessage: String!
      playerUpdated: Player
    }
  `,
  resolvers: {
    Player: {
      team: { call: { action: "team.get", params: { id: "@source.teamId" } } },
      position: "({ source, args, context, info }) => source.position.toUpperCase()",
      __isTypeOf: "({ source, context, info }) => source.someSpecialFieldForThisType != null",
    },
    Query: {
      viewer: { call: { action: "player.get", params: { id: "@context.auth.player.id[]" } } },
      player: { call: { action: "player.get", params: { id: "@args.id[]" } } },
    },
    Subscription: {
      playerMessage: {
        subscribe: {
          events: ["player.message"],
          map: "({ source, args, context, info }) => source.payload.message",
        },
      },
      playerUpdated: { subscribe: { events: ["player.updated"] } },
    },
  },
};

/** The rules of the specification's player service. */
export const playerPolicy: FragmentPolicy = {
  call: [
    {
      description: "admin can remove player, newbie and admin can create player",
      actions: ["player.**"],
      scopes: ["player", "player.admin"],
      filter: `({ action, params, context, util }) => {
        if (action === "player.remove") {
          return context.auth.player.isAdmin && context.auth.player.id != params.id;
        } else if (action === "player.create") {
          return context.auth && (!context.auth.player || context.auth.player.isAdmin);
        }
        return true;
      }`,
    },
    {
      description: "player can get associated team, admin can get all the teams",
      actions: ["team.get"],
      scopes: ["player", "player.admin"],
      filter: `({ action, params, context, util }) => {
        if (context.auth.player.isAdmin || params.id === context.auth.player.teamId) {
          return true;
        }
        return false;
      }`,
    },
  ],
  publish: [
    {
      description: "Only admins can publish player events",
      events: ["player.**"],
      scopes: ["player"],
      filter: "({ event, params, context, util }) => { return context.auth.player.isAdmin; }",
    },
  ],
  subscribe: [
    { events: ["player.**"], description: "Any user can receive player events", scopes: ["openid"] },
  ],
};

/** The corrected fragment of the specification's player service. */
export const player: FragmentInput = {
  branch: "master",
  policy: playerPolicy,
  protocol: { REST: playerRest, GraphQL: playerGraphQL },
};
