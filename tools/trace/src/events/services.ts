import type { FragmentInput, Report } from "@tidegate/core-registry";
import type { TestService } from "@tidegate/plugin-testkit";
import type { GraphQLInput } from "@tidegate/protocol-graphql";
import type { RestInput } from "@tidegate/protocol-rest";

/** How many services a system has. */
export const serviceCount = 10;

/** What a service publishes. */
export interface ServiceState {
  /** Which service, from 0. */
  readonly index: number;
  /** How many routes and fields were added since its first fragment. */
  readonly added: number;
  /** Whether the fragment has GraphQL types and a WebSocket route beside its REST routes. */
  readonly isFull: boolean;
  /** True: the path of one of its routes has a parameter without a name. */
  readonly isFaulty?: boolean;
  /** The service has a `$report` action where this is given. */
  readonly report?: (report: Report) => void;
}

/** The full name of a service. */
export function nameOf(index: number): string {
  return `s${index}`;
}

/**
 * A service with REST routes and a scope for its writing action; where `isFull` is set, also with a WebSocket
 * route and with GraphQL types that extend a type of another service.
 */
export function serviceOf(state: ServiceState): TestService {
  const id = { type: "string" } as const;
  const { report } = state;
  return {
    name: nameOf(state.index),
    fragment: fragmentOf(state),
    actions: {
      list: { params: { type: "object", properties: { limit: { type: "integer", minimum: 1 } } } },
      get: { params: { type: "object", properties: { id } } },
      create: { params: { type: "object", properties: { name: id }, required: ["name"] } },
      added: { params: { type: "object", properties: { id, number: { type: "integer" } } } },
      ...(report !== undefined && { $report: () => null }),
    },
    ...(report !== undefined && { report }),
  };
}

function fragmentOf(state: ServiceState): FragmentInput {
  const name = nameOf(state.index);
  return {
    policy: {
      call: [{ description: `Who writes ${name}.`, actions: [`${name}.create`], scope: [`${name}.write`] }],
    },
    protocol: {
      REST: restOf(name, state),
      ...(state.isFull && {
        GraphQL: graphqlOf(name, state),
        WebSocket: {
          basePath: `/${name}`,
          routes: [{ path: "/feed", subscribe: { events: [`${name}.changed`] } }],
        },
      }),
    },
  };
}

function restOf(name: string, { added, isFaulty = false }: ServiceState): RestInput {
  return {
    basePath: `/${name}`,
    routes: [
      { method: "GET", path: "/", call: { action: `${name}.list` } },
      { method: "GET", path: isFaulty ? "/:" : "/:id", call: { action: `${name}.get` } },
      { method: "POST", path: "/", call: { action: `${name}.create` } },
      ...numbers(added).map((number) => ({
        method: "GET" as const,
        path: `/added/${number}`,
        call: { action: `${name}.added`, params: { number } },
      })),
    ],
  };
}

function graphqlOf(name: string, { index, added }: ServiceState): GraphQLInput {
  const type = typeOf(index);
  const extended = typeOf((index + 1) % serviceCount);
  const get = { call: { action: `${name}.get`, params: { id: "@args.id" } } };
  return {
    typeDefs: `
      type ${type} { id: ID! name: String! ${numbers(added)
        .map((number) => `added${number}: Int`)
        .join(" ")} }
      extend type ${extended} { ${name}: ${type} }
      extend type Query { ${name}(id: ID!): ${type} ${name}List(limit: Int): [${type}!]! }
      extend type Mutation { ${name}Create(name: String!): ${type}! }
    `,
    resolvers: {
      ...(added > 0 && { [type]: addedResolvers(name, added) }),
      [extended]: { [name]: { call: { action: `${name}.get`, params: { id: "@source.id[]" } } } },
      Query: {
        [name]: get,
        [`${name}List`]: { call: { action: `${name}.list`, params: { limit: "@args.limit" } } },
      },
      Mutation: {
        [`${name}Create`]: { call: { action: `${name}.create`, params: { name: "@args.name" } } },
      },
    },
  };
}

function addedResolvers(name: string, added: number) {
  return Object.fromEntries(
    numbers(added).map((number) => [
      `added${number}`,
      { call: { action: `${name}.added`, params: { id: "@source.id", number } } },
    ]),
  );
}

function typeOf(index: number): string {
  return `S${index}`;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
