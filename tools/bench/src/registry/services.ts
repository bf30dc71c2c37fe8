import type { FragmentInput } from "@tidegate/core-registry";
import type { TestService } from "@tidegate/plugin-testkit";

/** What a service publishes at one moment. */
export interface ServiceState {
  /** How many services there are; each extends a type of the one before it. */
  readonly of: number;
  /** Whether it has types beside its routes. */
  readonly graphql: boolean;
  /** What its changing route answers. Default 0. */
  readonly route?: number;
  /** The number in the name of its changing field. Default 0. */
  readonly type?: number;
  /** The branch that its fragment is for. Default master. */
  readonly branch?: string;
}

/** The name of a service. */
export function nameOf(index: number): string {
  return `s${index}`;
}

/**
 * A service of ten routes and, unless told otherwise, five types, two query fields, one mutation and one field of another
 * service's type. Its actions declare their params, and those that write ask for a scope.
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
