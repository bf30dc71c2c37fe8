import {
  type Documents,
  defineProtocol,
  type HttpRoute,
  type Protocol,
  type ProtocolVersion,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { attachedValue } from "@tidegate/core-registry/runtime";
import type { DefinitionRules } from "./definitions/check-definitions.ts";
import { compilePart, type GraphQLData } from "./definitions/compile.ts";
import { type GraphQLInput, graphqlSchema } from "./definitions/input.ts";
import { fingerprint } from "./definitions/parse.ts";
import { createOperations } from "./execution/operations.ts";
import { graphiqlAssets, graphiqlPage } from "./http/graphiql.ts";
import { type HttpOptions, handleHttp } from "./http/handle.ts";
import { type GraphQLOptions, type GraphQLSettings, withDefaults } from "./options.ts";
import { type AssembledSchema, type Assembler, createAssembler } from "./schema/assemble.ts";
import type { BuiltSchema } from "./schema/built-schema.ts";
import type { Composition } from "./schema/composition.ts";
import { diffCompositions } from "./schema/diff.ts";
import { providedFieldNames, providedNames, providedScalars } from "./schema/provided-types.ts";
import { createSocketRoute } from "./websocket/route.ts";
import { createSessionServer } from "./websocket/session.ts";

/**
 * Creates the protocol `GraphQL` (S5): one schema per branch from the types of all services, served at
 * `/graphql`.
 */
export function graphql(options: GraphQLOptions = {}): Protocol<GraphQLInput, GraphQLData> {
  const settings = withDefaults(options);
  const scalars = providedScalars(settings.scalars);
  const rules: DefinitionRules = {
    ...settings,
    provided: providedNames(scalars),
    providedFields: providedFieldNames(),
  };
  const routesOf = createRoutes(settings);
  const assembler: Assembler = createAssembler(scalars, settings.maxBranchTypes, (builtSchema) =>
    routesOf(builtSchema),
  );
  const schemaOf = ({ assembled }: ProtocolVersion): AssembledSchema | undefined =>
    assembled === undefined ? undefined : assembler.schemaOf(assembled);
  const compositionOf = (version: ProtocolVersion): Composition =>
    schemaOf(version)?.composition ?? assembler.empty;
  return defineProtocol({
    name: "GraphQL",
    schema: graphqlSchema,
    sources: {
      source: { values: "data", fromClient: false },
      args: { values: "data", fromClient: true },
      info: { values: "data", fromClient: false },
    },
    reserved: ["/graphql"],
    fingerprint: (input) => fingerprint(input, rules),
    compile: (input, tools) => compilePart(input, tools, rules),
    assemble: assembler.assemble,
    diff: (before, after) => diffCompositions(compositionOf(before), compositionOf(after), scalars),
    documents: (version): Documents => {
      const schema = schemaOf(version);
      return schema === undefined ? {} : { "schema.graphql": schema.builtSchema.print() };
    },
  });
}

/**
 * Returns a function that makes the routes of a schema. All schemas of the gateway share one cache of
 * operations.
 */
function createRoutes(
  settings: GraphQLSettings,
): (builtSchema: BuiltSchema) => readonly (HttpRoute | WebSocketRoute)[] {
  const operations = createOperations(settings);
  const schemas = attachedValue<WebSocketRoute, BuiltSchema>();
  const schemaOf = (route: WebSocketRoute): BuiltSchema | undefined => schemas.get(route);
  const maxOperations = settings.maxSocketOperations;
  return (builtSchema) => {
    const page = settings.graphiql ? { page: graphiqlPage } : {};
    const httpOptions: HttpOptions = { builtSchema, operations, ...page };
    const httpRoute = (method: "GET" | "POST", summary: string): HttpRoute => ({
      kind: "http",
      method,
      path: "/graphql",
      summary,
      handle: (request, scope) => handleHttp(httpOptions, request, scope),
    });
    const server = createSessionServer({ operations, maxOperations, schemaOf });
    const socketRoute = createSocketRoute({ server, maxOperations, schemaOf });
    schemas.set(socketRoute, builtSchema);
    const assets = settings.graphiql ? [graphiqlAssets] : [];
    return [
      httpRoute("POST", "GraphQL HTTP operation endpoint"),
      socketRoute,
      httpRoute("GET", settings.graphiql ? "GraphQL Playground endpoint" : "GraphQL HTTP query endpoint"),
      ...assets,
    ];
  };
}
