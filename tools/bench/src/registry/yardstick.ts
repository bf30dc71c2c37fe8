import { buildASTSchema, parse } from "graphql";
import { addRoute, createRouter } from "rou3";
import { serviceOf } from "./services.ts";
import type { SystemSize } from "./system.ts";

/** How long it takes to build everything anew in one step, by hand: a router of all routes, a schema of all types. */
export interface Yardstick {
  /** Milliseconds for a rou3 router of all routes. */
  readonly router: number;
  /** Milliseconds for graphql's `buildASTSchema` of all documents, already parsed and assumed to be valid; 0 without types. */
  readonly schema: number;
}

interface Parts {
  readonly REST: {
    readonly basePath: string;
    readonly routes: readonly { readonly method: string; readonly path: string }[];
  };
  readonly GraphQL?: { readonly typeDefs: string };
}

const roots = "type Query { at: Int } type Mutation { at: Int }";

/** Builds both once to warm up, then measures. */
export function buildAnew({ services, graphql }: SystemSize): Yardstick {
  const parts = Array.from({ length: services }, (_, index) => partsOf(index, services, graphql));
  const definitions = [roots, ...parts.map(({ GraphQL }) => GraphQL?.typeDefs ?? "")]
    .filter((text) => text !== "")
    .flatMap((text) => parse(text, { noLocation: true }).definitions);
  const schema = (): unknown =>
    buildASTSchema({ kind: "Document", definitions } as Parameters<typeof buildASTSchema>[0], {
      assumeValid: true,
      assumeValidSDL: true,
    });
  const router = (): void => {
    const made = createRouter();
    for (const { REST } of parts)
      for (const { method, path } of REST.routes) addRoute(made, method, REST.basePath + path, path);
  };
  return { router: timed(router), schema: graphql ? timed(schema) : 0 };
}

function partsOf(index: number, of: number, graphql: boolean): Parts {
  const { fragment } = serviceOf(index, { of, graphql });
  return (fragment as { readonly protocol: Parts }).protocol;
}

function timed(build: () => unknown): number {
  build();
  const started = performance.now();
  build();
  return performance.now() - started;
}
