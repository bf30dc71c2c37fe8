import type { TestService } from "@tidegate/plugin-testkit";
import { type FaultyService, graphql, guarded, rest, route, service, socket } from "./faulty-services.ts";

const admin = { scope: ["admin"] };
const remove = { method: "DELETE", path: "/:id", call: "player.remove" };
const scored = { method: "POST", path: "/:id/goals", publish: { event: "player.scored" } };
const playerType = "type Player { id: ID! } extend type Query { player(id: ID!): Player }";
const player = (resolver: unknown): TestService => graphql(playerType, { Query: { player: resolver } });
const call = (parts: object): object => ({ call: { action: "player.get", ...parts } });

/** Names that cannot mean anything (S1.2, S1.7), in each protocol: each kind with its neighbours. */
export const meaninglessNames: readonly FaultyService[] = [
  {
    what: "rule for a misspelt service",
    code: "RULE_MATCHES_NOTHING",
    service: guarded({ call: [{ actions: ["plyer.remove"], ...admin }] }, remove),
  },
  {
    what: "rule with one misspelt pattern of two",
    code: "RULE_MATCHES_NOTHING",
    service: guarded({ call: [{ actions: ["player.get", "*.remvoe"], ...admin }] }, remove, route(call({}))),
  },
  {
    what: "rule for a misspelt event",
    code: "RULE_MATCHES_NOTHING",
    service: guarded({ publish: [{ events: ["plyer.**"], ...admin }] }, scored),
  },
  {
    what: "rule for a misspelt subscription",
    code: "RULE_MATCHES_NOTHING",
    service: service({
      policy: { subscribe: [{ events: ["player.scord"], ...admin }] },
      protocol: {
        WebSocket: { basePath: "/feed", routes: [{ path: "/", subscribe: { events: ["player.scored"] } }] },
      },
    }),
  },
  {
    what: "rule of another kind",
    code: "RULE_MATCHES_NOTHING",
    service: guarded({ subscribe: [{ events: ["player.scored"], ...admin }] }, scored),
  },
  {
    what: "rule without a condition",
    code: "RULE_WITHOUT_CONDITION",
    service: guarded(
      { call: [{ description: "Admins remove players.", actions: ["player.remove"] }] },
      remove,
    ),
  },
  {
    what: "path parameter",
    code: "PARAMS_NEVER",
    service: rest(route(call({ params: { id: "@path.idd" } }))),
  },
  {
    what: "path parameter of a route without one",
    code: "PARAMS_NEVER",
    service: rest({ method: "GET", path: "/", ...call({ params: { id: "@path.id" } }) }),
  },
  {
    what: "optional parameter and wildcard",
    code: "PARAMS_NEVER",
    service: rest({
      method: "GET",
      path: "/:id?/*file",
      ...call({ params: { id: "@path.id", file: "@path.file", of: "@path.fil" } }),
    }),
  },
  {
    what: "path parameter of a socket",
    code: "PARAMS_NEVER",
    service: service({
      protocol: {
        WebSocket: {
          basePath: "/feed",
          routes: [{ path: "/:room", publish: { event: "said", params: { room: "@path.rom" } } }],
        },
      },
    }),
  },
  { what: "body of GET", code: "PARAMS_NEVER", service: rest(route(call({ params: "@body" }))) },
  {
    what: "member of the body of GET",
    code: "PARAMS_NEVER",
    service: rest(route(call({ params: { x: "@body.x" } }))),
  },
  {
    what: "argument",
    code: "PARAMS_NEVER",
    service: player({ call: { action: "player.get", params: { id: "@args.idd" } } }),
  },
  {
    what: "member of a scalar argument",
    code: "PARAMS_NEVER",
    service: player({ call: { action: "player.get", params: { id: "@args.id.value" } } }),
  },
  {
    what: "member of an input",
    code: "PARAMS_NEVER",
    service: graphql(
      `input NewPlayer { name: String, kind: Kind } enum Kind { PRO }
       extend type Mutation { add(player: NewPlayer!): JSON }`,
      { Mutation: { add: { call: { action: "player.get", params: { name: "@args.player.nmae" } } } } },
    ),
  },
  {
    what: "source of a root field",
    code: "PARAMS_NEVER",
    service: player({ call: { action: "player.get", params: { id: "@source.id" } } }),
  },
  {
    what: "member of info",
    code: "PARAMS_NEVER",
    service: player({ call: { action: "player.get", params: { name: "@info.feildName" } } }),
  },
  {
    what: "misspelt context value",
    code: "CONTEXT_UNKNOWN",
    service: rest(route(call({ params: { id: "@context.auht.id" } }))),
  },
  {
    what: "source that a condition reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: rest(route(call({ if: "({ quer }) => quer.a" }))),
  },
  {
    what: "response that a map reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: rest(route(call({ map: "({ respons }) => respons" }))),
  },
  {
    what: "source that a map reads beside the request",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: rest(route(call({ map: "({ path, response }) => ({ ...response, id: path.id })" }))),
  },
  {
    what: "path parameter that a function reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: rest(route({ map: "(input) => input.path.idd" })),
  },
  {
    what: "param that the filter of an event reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: rest({
      method: "POST",
      path: "/:id/goals",
      publish: { event: "scored", params: { id: "@path.id" }, filter: "({ params }) => params.di > 0" },
    }),
  },
  {
    what: "argument that a subscription reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: graphql("extend type Subscription { scored(id: ID): JSON }", {
      Subscription: {
        scored: { subscribe: { events: ["scored"], filter: "({ arg, params }) => arg.id === params.id" } },
      },
    }),
  },
  {
    what: "event that a subscription reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: socket({ subscribe: { events: ["scored"], map: "({ source }) => source.paylod" } }),
  },
  {
    what: "message outside of publish",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: socket({ subscribe: { events: "({ message }) => [message.room]" } }),
  },
  {
    what: "source of a type function",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: graphql(`${playerType} union Found = Player`, {
      Query: { player: "({ args }) => args" },
      Found: { __resolveType: "({ sorce }) => sorce.kind" },
    }),
  },
  {
    what: "params that a filter reads",
    code: "FUNCTION_MEMBER_UNKNOWN",
    service: guarded(
      { call: [{ actions: ["player.remove"], filter: "({ prams, context }) => prams.id === context.id" }] },
      remove,
    ),
  },
  {
    what: "free name of a bundler",
    code: "FUNCTION_FREE_NAME",
    service: rest(route({ map: "({ path }) => lodash_1.upperCase(path.id)" })),
  },
];
