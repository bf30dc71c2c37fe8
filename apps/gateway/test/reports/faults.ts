import type { TestService } from "@tidegate/plugin-testkit";

const get = { params: { type: "object", properties: { id: { type: "string" } } } };
const actions: NonNullable<TestService["actions"]> = {
  get,
  list: { params: { type: "object" } },
  remove: get,
  bare: {},
  secret: { published: false },
};

/** A service whose fragment has one kind of error or warning. */
export interface FaultyService {
  /** The title of the case. The name of its golden file is derived from it. */
  readonly what: string;
  /** The code of the expected finding. */
  readonly code: string;
  readonly service: TestService;
}

const service = (fragment: unknown): TestService => ({ name: "player", fragment, actions });

/** A service with these routes below `/players`. */
const rest = (...routes: object[]): TestService =>
  service({ protocol: { REST: { basePath: "/players", routes } } });

/** A service with these rules, and these routes below `/players`. */
const guarded = (policy: object, ...routes: object[]): TestService =>
  service({ policy, protocol: { REST: { basePath: "/players", routes } } });

const route = (parts: object): object => ({ method: "GET", path: "/:id", ...parts });

const graphql = (typeDefs: string, resolvers: object = {}): TestService =>
  service({ protocol: { GraphQL: { typeDefs, resolvers } } });

const socket = (parts: object): TestService =>
  service({ protocol: { WebSocket: { basePath: "/feed", routes: [{ path: "/", ...parts }] } } });

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** Every kind of finding that a single fragment can cause. */
export const faults: readonly FaultyService[] = [
  { what: "no object", code: "FRAGMENT_INVALID", service: service(5) },
  {
    what: "branch name",
    code: "FRAGMENT_INVALID",
    service: service({ branch: "Preview!", protocol: {} }),
  },
  {
    what: "branch that is a path of the gateway",
    code: "FRAGMENT_INVALID",
    service: service({ branch: "status", protocol: {} }),
  },
  {
    what: "method",
    code: "FRAGMENT_INVALID",
    service: rest({ method: "FETCH", path: "/", call: "player.list" }),
  },
  {
    what: "unknown member",
    code: "MEMBER_UNKNOWN",
    service: rest(route({ call: { action: "player.get", parms: {} } })),
  },
  {
    what: "unknown rule",
    code: "FRAGMENT_INVALID",
    service: service({ policy: { call: [{ actions: ["player.**"], scpoe: ["player"] }] }, protocol: {} }),
  },
  {
    what: "unknown protocol",
    code: "PROTOCOL_UNKNOWN",
    service: service({ protocol: { GraphQl: { typeDefs: "type A { b: ID }" } } }),
  },
  {
    what: "two connectors",
    code: "FRAGMENT_INVALID",
    service: rest(route({ call: { action: "player.get" }, publish: { event: "got" } })),
  },
  {
    what: "path",
    code: "PATH_INVALID",
    service: rest({ method: "GET", path: "/:id(", call: "player.get" }),
  },
  {
    what: "path with a slow pattern",
    code: "PATH_INVALID",
    service: rest({ method: "GET", path: "/:id((a+)+)", call: "player.get" }),
  },
  {
    what: "path with a parameter twice",
    code: "PATH_INVALID",
    service: service({
      protocol: {
        REST: {
          basePath: "/teams/:id",
          routes: [{ method: "GET", path: "/players/:id", call: "player.get" }],
        },
      },
    }),
  },
  {
    what: "reserved path",
    code: "PATH_RESERVED",
    service: service({
      protocol: {
        REST: { basePath: "/graphql", routes: [{ method: "GET", path: "/", call: "player.list" }] },
      },
    }),
  },
  {
    what: "route twice",
    code: "ROUTE_TWICE",
    service: rest(route({ call: "player.get" }), { method: "GET", path: "/:name", call: "player.list" }),
  },
  { what: "unknown action", code: "ACTION_UNKNOWN", service: rest(route({ call: "player.gett" })) },
  { what: "unpublished action", code: "ACTION_UNPUBLISHED", service: rest(route({ call: "player.secret" })) },
  { what: "internal action", code: "ACTION_NAME_INVALID", service: rest(route({ call: "$node.list" })) },
  { what: "undeclared params", code: "PARAMS_UNDECLARED", service: rest(route({ call: "player.bare" })) },
  {
    what: "params grammar",
    code: "PARAMS_INVALID",
    service: rest(route({ call: { action: "player.get", params: { id: "@path.id:numbr" } } })),
  },
  {
    what: "params of the prototype",
    code: "PARAMS_NEVER",
    service: rest(route({ call: { action: "player.get", params: { id: "@path.__proto__.x" } } })),
  },
  {
    what: "source of another protocol",
    code: "SOURCE_FOREIGN",
    service: rest(route({ call: { action: "player.get", params: { id: "@args.id" } } })),
  },
  {
    what: "unknown source",
    code: "SOURCE_UNKNOWN",
    service: rest(route({ call: { action: "player.get", params: { id: "@pth.id" } } })),
  },
  {
    what: "unknown context value",
    code: "CONTEXT_UNKNOWN",
    service: rest(route({ call: { action: "player.get", params: { id: "@context.user.id" } } })),
  },
  {
    what: "batching outside of GraphQL",
    code: "BATCHING_INVALID",
    service: rest(route({ call: { action: "player.get", params: { id: "@path.id[]" } } })),
  },
  {
    what: "event name",
    code: "EVENT_NAME_INVALID",
    service: rest({ method: "POST", path: "/", publish: { event: "player.*", params: {} } }),
  },
  {
    what: "events of the broker",
    code: "EVENT_NAME_INVALID",
    service: socket({ subscribe: { events: ["$node.connected"] } }),
  },
  {
    what: "function syntax",
    code: "FUNCTION_SYNTAX",
    service: rest(route({ map: "({ path }) => return path" })),
  },
  {
    what: "asynchronous function",
    code: "FUNCTION_ASYNC",
    service: rest(route({ map: "async ({ path }) => path" })),
  },
  { what: "no function", code: "FUNCTION_NOT_A_FUNCTION", service: rest(route({ map: "path.id" })) },
  {
    what: "free name",
    code: "FUNCTION_FREE_NAME",
    service: rest(route({ map: "({ path }) => cov_1x().s[0]++ || path.id" })),
  },
  {
    what: "two parameters of a filter",
    code: "FUNCTION_PARAMETERS",
    service: guarded(
      { call: [{ actions: ["player.*"], filter: "({ context }, params) => params.id === 1" }] },
      route({ call: "player.get" }),
    ),
  },
  {
    what: "scopes twice",
    code: "FRAGMENT_INVALID",
    service: service({
      policy: { call: [{ actions: ["player.*"], scope: ["a"], scopes: ["b"] }] },
      protocol: {},
    }),
  },
  {
    what: "GraphQL syntax",
    code: "GRAPHQL_SYNTAX",
    service: graphql("type Player {\n  id: ID!\n  name String!\n}"),
  },
  {
    what: "GraphQL rule",
    code: "GRAPHQL_INVALID",
    service: graphql(
      "type Player implements Node {\n  name: String!\n}\nextend type Query { player: Player }",
      {
        Query: { player: { call: "player.get" } },
      },
    ),
  },
  {
    what: "type of the gateway",
    code: "GRAPHQL_PROVIDED",
    service: graphql("type Query { player: ID }", { Query: { player: { call: "player.get" } } }),
  },
  {
    what: "own scalar",
    code: "GRAPHQL_DEFINITION",
    service: graphql("scalar Money\nextend type Query { price: Money }"),
  },
  {
    what: "resolver of a foreign field",
    code: "GRAPHQL_RESOLVER_FOREIGN",
    service: graphql("type Player { id: ID! }", { Player: { nmae: "({ source }) => source.name" } }),
  },
  {
    what: "unresolved root field",
    code: "GRAPHQL_UNRESOLVED",
    service: graphql("extend type Query { motto: String }"),
  },
  {
    what: "function of a type",
    code: "GRAPHQL_TYPE_FUNCTION",
    service: graphql("enum Color { RED }", { Color: { __isTypeOf: "() => true" } }),
  },
  {
    what: "publish in a query",
    code: "GRAPHQL_PUBLISH",
    service: graphql("extend type Query { ping: ID }", { Query: { ping: { publish: { event: "ping" } } } }),
  },
  {
    what: "subscription that calls",
    code: "GRAPHQL_SUBSCRIPTION",
    service: graphql("extend type Subscription { goals: ID }", {
      Subscription: { goals: { call: "player.get" } },
    }),
  },
  {
    what: "resolver of an input",
    code: "GRAPHQL_RESOLVER_KIND",
    service: graphql("input Search { text: String }", { Search: { text: "() => ''" } }),
  },
  {
    what: "too many types",
    code: "GRAPHQL_TOO_MANY_TYPES",
    service: graphql(Array.from({ length: 501 }, (_, index) => `type T${index} { id: ID }`).join(" ")),
  },
  {
    what: "too many routes",
    code: "ROUTES_TOO_MANY",
    service: rest(...Array.from({ length: 10_000 }, (_, at) => route({ path: `/${at}`, map: "() => 1" }))),
  },
  {
    what: "too many regexes",
    code: "REGEXES_TOO_MANY",
    service: rest(
      ...Array.from({ length: 101 }, (_, at) =>
        route({ path: `/${at}/:id([0-9]{${at + 1}})`, map: "() => 1" }),
      ),
    ),
  },
  {
    what: "too many patterns in rules",
    code: "RULES_TOO_MANY",
    service: service({
      policy: {
        call: [{ actions: Array.from({ length: 1_001 }, (_, at) => `player.a${at}`), scope: ["player"] }],
      },
    }),
  },
  {
    what: "too large",
    code: "FRAGMENT_TOO_LARGE",
    service: rest(route({ map: `() => "${"x".repeat(2e6)}"` })),
  },
  { what: "too deep", code: "FRAGMENT_TOO_DEEP", service: service({ protocol: nested(10_000) }) },
];

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
