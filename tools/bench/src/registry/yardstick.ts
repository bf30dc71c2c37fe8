import { buildASTSchema, parse } from "graphql";
import { addRoute, createRouter } from "rou3";
import { serviceOf } from "./services.ts";
import type { SystemSize } from "./system.ts";

/** The time of a complete rebuild with plain libraries, as a reference. */
export interface Yardstick {
  /** Milliseconds for a rou3 router with all routes. */
  readonly router: number;
  /**
   * Milliseconds for `buildASTSchema` of all documents, which are parsed and assumed to be valid. 0 without
   * types.
   */
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

/** Builds a router and a schema of all services once to warm up, then measures them. */
export function measureRebuild({ services, graphql }: SystemSize): Yardstick {
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
