import type { PlannedRequest } from "@tidegate/bench";
import { tidegate } from "@tidegate/service-moleculer";
import type { Context, ServiceSchema } from "moleculer";

const json = { "content-type": "application/json", accept: "application/json" };

/** The service that never changes: routes, a type, and events over GraphQL and WebSocket. */
export const steadyService: ServiceSchema = {
  name: "steady",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/steady",
            routes: [
              { method: "GET", path: "/:id", call: { action: "steady.get" } },
              { method: "POST", path: "/", call: { action: "steady.get", params: { id: "@body.id" } } },
              { method: "GET", path: "/:id/twice", map: "({ path }) => ({ twice: path.id + path.id })" },
            ],
          },
          GraphQL: {
            typeDefs: `
              type Steady { id: Int! steady: Boolean! }
              type Tick { n: Int! }
              extend type Query { steady(id: Int!): Steady }
              extend type Subscription { steadyTick: Tick! }
            `,
            resolvers: {
              Query: { steady: { call: { action: "steady.get", params: { id: "@args.id" } } } },
              Subscription: { steadyTick: { subscribe: { events: ["steady.tick"] } } },
            },
          },
          WebSocket: {
            basePath: "/steady",
            routes: [{ path: "/ticks", subscribe: { events: ["steady.tick"] } }],
          },
        },
      },
    }),
  ],
  actions: {
    get: {
      params: { id: "number" },
      handler: ({ params }: Context<{ readonly id: number }>) => ({ id: params.id, steady: true }),
    },
  },
};

/**
 * The requests of the load: remote calls, a body, a function, an operation, and a route of the changing
 * service that all its fragments contain.
 */
export const requests: readonly PlannedRequest[] = [
  ...[1, 2].map((id) => ({
    method: "GET",
    path: `/steady/${id}`,
    expected: { status: 200, body: JSON.stringify({ id, steady: true }) },
  })),
  {
    method: "POST",
    path: "/steady",
    headers: { "content-type": "application/json" },
    body: '{"id":4}',
    expected: { status: 200, body: '{"id":4,"steady":true}' },
  },
  { method: "GET", path: "/steady/ab/twice", expected: { status: 200, body: '{"twice":"abab"}' } },
  {
    method: "POST",
    path: "/graphql",
    headers: json,
    body: JSON.stringify({ query: "{ steady(id: 5) { id steady } }" }),
    expected: { status: 200, body: '{"data":{"steady":{"id":5,"steady":true}}}' },
  },
  { method: "GET", path: "/changing/kept", expected: { status: 200, body: '{"kept":true}' } },
];
