import type { Assembled, AssembleTools, Finding, Part } from "@tidegate/core-registry";
import { compilePart, type GraphQLData } from "../src/definitions/compile.ts";
import { withDefaults } from "../src/options.ts";
import { providedFieldNames, providedNames, providedScalars } from "../src/schema/provided-types.ts";

/** The scalars of a gateway with default options. */
export const scalars = providedScalars({});

/** Compiles the `typeDefs` of a service, which have no error. Equal arguments are the same fragment. */
export function fragmentOf(service: string, typeDefs: string): Part<GraphQLData> {
  const { part, findings } = compiledFragment(service, typeDefs);
  const error = findings.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(error.message);
  return part;
}

/** Compiles the `typeDefs` of a service, and returns what was found in them. */
export function compiledFragment(
  service: string,
  typeDefs: string,
): { readonly part: Part<GraphQLData>; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const origin = { service, hash: `${service} ${typeDefs}`, jsonPath: "protocol.GraphQL" };
  const compiled = compilePart(
    { typeDefs },
    {
      origin,
      connectors: { compile: () => undefined, subscribe: () => undefined },
      compileFunction: () => undefined,
      addFinding: (finding) => void findings.push(finding),
      reportRuntime: () => undefined,
      signal: new AbortController().signal,
    },
    { ...withDefaults({}), provided: providedNames(scalars), providedFields: providedFieldNames() },
  );
  return { part: { origin, compiled, waiting: new Set() }, findings };
}

/** Lets the claims of fragments wait that need missing claims, as the registry does (S5.8). */
export function withWaiting(fragments: readonly Part<GraphQLData>[]): readonly Part<GraphQLData>[] {
  const waiting = new Set<string>();
  const hasOwner = (key: string): boolean =>
    fragments.some(
      ({ origin, compiled }) =>
        !waiting.has(`${origin.service} ${key}`) && compiled.claims?.some((claim) => claim.key === key),
    );
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const { origin, compiled } of fragments)
      for (const { key, needs = [] } of compiled.claims ?? [])
        if (!needs.every((need) => (typeof need === "string" ? hasOwner(need) : need.some(hasOwner))))
          waiting.add(`${origin.service} ${key}`);
  }
  return fragments.map((fragment) => {
    const { service } = fragment.origin;
    const keys = (fragment.compiled.claims ?? []).map(({ key }) => key);
    return { ...fragment, waiting: new Set(keys.filter((key) => waiting.has(`${service} ${key}`))) };
  });
}

/** The problems that an assembly found. */
export interface Problems {
  /** The errors that refuse a service's fragment. */
  readonly findings: { readonly service: string; readonly message: string }[];
  /** The errors that are logged only. */
  readonly unattributed: string[];
}

/** Makes the tools of one assembly and records what it reports. */
export function assembleTools(previous: Assembled | undefined): { tools: AssembleTools; problems: Problems } {
  const problems: Problems = { findings: [], unattributed: [] };
  const ignore = (): void => undefined;
  const tools: AssembleTools = {
    previous,
    addFinding: ({ service }, { message }) => void problems.findings.push({ service, message }),
    logger: {
      debug: ignore,
      info: ignore,
      warn: (message) => void problems.unattributed.push(message.replace("GraphQL: ", "")),
      error: ignore,
    },
    signal: new AbortController().signal,
  };
  return { tools, problems };
}
