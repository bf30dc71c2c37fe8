import type { Assembled, AssembleTools, Part } from "@tidegate/core-registry";
import { compilePart, type GraphQLData } from "../src/definitions/compile.ts";
import { providedNames } from "../src/schema/provided.ts";
import { providedScalars } from "../src/schema/scalars.ts";

/** The scalars of a gateway without options. */
export const scalars = providedScalars({});

/** A fragment's definitions, compiled for a service. The same texts are the same fragment. */
export function fragmentOf(service: string, typeDefs: string): Part<GraphQLData> {
  const origin = { service, hash: `${service} ${typeDefs}`, jsonPath: "protocol.GraphQL" };
  const compiled = compilePart(
    { typeDefs },
    {
      origin,
      connectors: { compile: () => undefined, subscribe: () => undefined },
      compileFunction: () => undefined,
      reserved: [],
      addFinding: ({ severity, message }) => {
        if (severity === "error") throw new Error(message);
      },
      reportRuntime: () => undefined,
      signal: new AbortController().signal,
    },
    { maxTypes: 500, provided: providedNames(scalars) },
  );
  return { origin, compiled, waiting: new Set() };
}

/** The fragments as the core places them: what names something missing waits (S5.8). */
export function placed(fragments: readonly Part<GraphQLData>[]): readonly Part<GraphQLData>[] {
  const out = new Set<string>();
  const isHeld = (key: string): boolean =>
    fragments.some(
      ({ origin, compiled }) =>
        !out.has(`${origin.service} ${key}`) && compiled.claims.some((claim) => claim.key === key),
    );
  for (let before = -1; before !== out.size; ) {
    before = out.size;
    for (const { origin, compiled } of fragments)
      for (const { key, needs = [] } of compiled.claims)
        if (!needs.every((need) => (typeof need === "string" ? isHeld(need) : need.some(isHeld))))
          out.add(`${origin.service} ${key}`);
  }
  return fragments.map((fragment) => {
    const { service } = fragment.origin;
    const keys = fragment.compiled.claims.map(({ key }) => key);
    return { ...fragment, waiting: new Set(keys.filter((key) => out.has(`${service} ${key}`))) };
  });
}

/** What an assembly told. */
export interface Told {
  /** Errors, by the service that is to blame. */
  readonly blamed: { readonly service: string; readonly message: string }[];
  /** What is served although it is wrong. */
  readonly tolerated: string[];
}

/** The tools of one assembly, and what was told by them. */
export function assembleTools(previous: Assembled | undefined): { tools: AssembleTools; told: Told } {
  const told: Told = { blamed: [], tolerated: [] };
  const ignore = (): void => undefined;
  const tools: AssembleTools = {
    previous,
    addFinding: ({ service }, { message }) => void told.blamed.push({ service, message }),
    logger: {
      debug: ignore,
      info: ignore,
      warn: (message) => void told.tolerated.push(message.replace("GraphQL: ", "")),
      error: ignore,
    },
    signal: new AbortController().signal,
  };
  return { tools, told };
}
