import type { FragmentInput } from "@tidegate/core-registry";
import type { TestService } from "@tidegate/plugin-testkit";
import type { PlannedRequest } from "../harness/benchmark.ts";

/** The state of a service, from which its fragment is generated. */
export interface ServiceState {
  /** The number of services. Each extends a type of the previous one. */
  readonly of: number;
  /** Whether the service has types in addition to its routes. */
  readonly graphql: boolean;
  /** The response of its changing route. Default 0. */
  readonly route?: number;
  /** The number in the name of its changing field. Default 0. */
  readonly type?: number;
  /** The branch of its fragment. Default master. */
  readonly branch?: string;
}

/** The name of the service with an index. */
export function nameOf(index: number): string {
  return `s${index}`;
}

/**
 * A service with ten routes and, if the state has `graphql`, five types, two query fields, one mutation and
 * one field of another service's type. Its actions declare their params; those that write require a scope.
 */
export function serviceOf(index: number, state: ServiceState): TestService {
  const name = nameOf(index);
  const id = { type: "string" } as const;
  const text = { type: "object", properties: { id, text: { type: "string", maxLength: 200 } } } as const;
  return {
    name,
    fragment: fragmentOf(index, state),
    actions: {
      list: {
        params: {
          type: "object",
          properties: { limit: { type: "integer", minimum: 1, maximum: 200 }, at: { type: "integer" } },
        },
        handler: ({ params: { at } }) => ({ items: [], total: 0, [`at${at}`]: at }),
      },
      get: { params: { type: "object", properties: { id } }, handler: ({ params }) => ({ id: params.id }) },
      create: { params: { type: "object", properties: { name: id, state: id }, required: ["name"] } },
      update: { params: { type: "object", properties: { id, name: id } } },
      remove: { params: { type: "object", properties: { id }, required: ["id"] } },
      notes: { params: { type: "object", properties: { id, limit: { type: "integer" } } } },
      note: { params: text },
      search: { params: { type: "object", properties: { term: id, limit: { type: "integer" } } } },
      assign: { params: { type: "object", properties: { id, owner: id } } },
      change: {
        params: { type: "object", properties: { change: { type: "integer" } } },
        handler: ({ params }) => params,
      },
    },
  };
}

function fragmentOf(index: number, state: ServiceState): FragmentInput {
  const name = nameOf(index);
  const { graphql, branch, route = 0 } = state;
  return {
    ...(branch !== undefined && { branch }),
    policy: {
      call: [
        {
          description: `Who writes ${name}.`,
          actions: ["create", "update", "remove", "note", "assign"].map((action) => `${name}.${action}`),
          scope: [`${name}.write`],
        },
      ],
    },
    protocol: {
      REST: {
        description: `The routes of ${name}.`,
        basePath: `/${name}`,
        routes: [
          { method: "GET", path: "/", description: "A page of them.", call: { action: `${name}.list` } },
          { method: "GET", path: "/change", call: { action: `${name}.change`, params: { change: route } } },
          { method: "GET", path: "/search/:term", call: { action: `${name}.search` } },
          { method: "GET", path: "/:id", description: "One.", call: { action: `${name}.get` } },
          { method: "POST", path: "/", description: "A new one.", call: { action: `${name}.create` } },
          { method: "PATCH", path: "/:id", call: { action: `${name}.update` } },
          { method: "DELETE", path: "/:id", call: { action: `${name}.remove` } },
          { method: "GET", path: "/:id/notes", call: { action: `${name}.notes` } },
          { method: "POST", path: "/:id/notes", call: { action: `${name}.note` } },
          { method: "PUT", path: "/:id/owner", call: { action: `${name}.assign` } },
        ],
      },
      ...(graphql && { GraphQL: typesOf(index, state) }),
    },
  };
}

function typesOf(index: number, { of, type = 0 }: ServiceState): FragmentInput["protocol"] {
  const name = nameOf(index);
  const T = typeName(index);
  const other = typeName((index + of - 1) % of);
  return {
    typeDefs: `
      "What ${name} keeps."
      type ${T} { id: ID! name: String! state: ${T}State! notes(limit: Int): [${T}Note!]! }
      type ${T}Note { id: ID! text: String! of: ${T}! }
      type ${T}Page { items: [${T}!]! total: Int! at${type}: Int }
      enum ${T}State { new open closed }
      input ${T}New { name: String! state: ${T}State }
      extend type ${other} { ${name}: ${T} }
      extend type Query { ${name}(id: ID!): ${T} ${name}List(limit: Int): ${T}Page! }
      extend type Mutation { ${name}Create(new: ${T}New!): ${T}! }
    `,
    resolvers: {
      [T]: { notes: { call: { action: `${name}.notes`, params: { id: "@source.id" } } } },
      [other]: { [name]: { call: { action: `${name}.get`, params: { id: "@source.id[]" } } } },
      Query: {
        [name]: { call: { action: `${name}.get`, params: { id: "@args.id[]" } } },
        [`${name}List`]: { call: { action: `${name}.list`, params: { limit: "@args.limit", at: type } } },
      },
      Mutation: {
        [`${name}Create`]: { call: { action: `${name}.create`, params: { name: "@args.new.name" } } },
      },
    },
  };
}

function typeName(index: number): string {
  return `S${index}`;
}

/**
 * A request of a service's changing route, which answers its number.
 * @param prefix selects a branch: `/~preview`
 */
export function routeProbe(index: number, route: number, prefix: string = ""): PlannedRequest {
  return {
    method: "GET",
    path: `${prefix}/${nameOf(index)}/change`,
    expected: { status: 200, body: JSON.stringify({ change: route }) },
  };
}

/** A request of a service's changing field, whose value is its number. */
export function typeProbe(index: number, type: number): PlannedRequest {
  const list = `${nameOf(index)}List`;
  const field = `at${type}`;
  return {
    method: "POST",
    path: "/graphql",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: `{ ${list} { ${field} } }` }),
    expected: { status: 200, body: JSON.stringify({ data: { [list]: { [field]: type } } }) },
  };
}
