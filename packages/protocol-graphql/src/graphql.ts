import {
  type Assembled,
  attachedValue,
  type HttpRoute,
  type Protocol,
  type WebSocketRoute,
} from "@tidegate/core-registry";
import { type Assembler, createAssembler } from "./assemble.ts";
import { compilePart, type GraphQLData } from "./definitions/compile.ts";
import { fingerprint } from "./definitions/fingerprint.ts";
import { difference } from "./difference.ts";
import { createOperations } from "./execution/operations.ts";
import { graphiqlAssets, graphiqlPage } from "./http/graphiql.ts";
import { type HttpParts, handleHttp } from "./http/handle.ts";
import { type GraphQLOptions, settingsOf } from "./options.ts";
import type { Composition } from "./schema/composition.ts";
import { providedNames } from "./schema/provided.ts";
import { providedScalars } from "./schema/scalars.ts";
import type { Whole } from "./schema/whole.ts";
import { type GraphQLInput, graphqlSchema } from "./schema-input.ts";
import { socketRoute } from "./websocket/route.ts";
import { createSessions } from "./websocket/session.ts";

/** Makes the protocol `GraphQL` (S5): one schema of the types of all services, served at `/graphql`. */
export function graphql(options: GraphQLOptions = {}): Protocol<GraphQLInput, GraphQLData> {
  const settings = settingsOf(options);
  const scalars = providedScalars(settings.scalars);
  const provided = providedNames(scalars);
  const operations = createOperations(settings);
  const wholes = attachedValue<WebSocketRoute, Whole>();
  const wholeOf = (route: WebSocketRoute): Whole | undefined => wholes.get(route);

  const assembler: Assembler = createAssembler(scalars, settings.maxBranchTypes, (whole, { logger }) => {
    const hidden = (error: unknown): void => logger.error("GraphQL: a request failed inside.", error);
    const http: HttpParts = {
      whole,
      operations,
      hidden,
      ...(settings.graphiql ? { page: graphiqlPage } : {}),
    };
    const maxOperations = settings.maxSocketOperations;
    const sessions = createSessions({ operations, maxOperations, wholeOf, hidden });
    const socket = socketRoute({ sessions, maxOperations, wholeOf });
    wholes.set(socket, whole);
    const routes = (["GET", "POST"] as const).map(
      (method): HttpRoute => ({
        kind: "http",
        method,
        path: "/graphql",
        handle: (request, scope) => handleHttp(http, request, scope),
      }),
    );
    return [...routes, ...(settings.graphiql ? [graphiqlAssets] : []), socket];
  });

  const compositionOf = (assembled: Assembled): Composition =>
    assembler.keptOf(assembled)?.composition ?? assembler.nothing;
  return {
    contract: 1,
    key: "GraphQL",
    schema: graphqlSchema,
    reserved: ["/graphql"],
    fingerprint,
    compile: (input, tools) => compilePart(input, tools, { maxTypes: settings.maxTypes, provided }),
    assemble: assembler.assemble,
    diff: (before, after) => difference(compositionOf(before), compositionOf(after), scalars),
  };
}
