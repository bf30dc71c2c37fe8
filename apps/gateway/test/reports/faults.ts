import { type FaultyService, graphql, guarded, rest, route, service, socket } from "./faulty-services.ts";

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
