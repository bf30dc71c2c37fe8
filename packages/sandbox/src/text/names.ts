import type { Identifier, Program } from "acorn";
import { analyze, type Variable } from "eslint-scope";

/** Which name means what in a script. */
export interface Names {
  /** The variable that an identifier declares. */
  declared(node: object): Variable | undefined;
  /** The variable that an identifier refers to; undefined where it is free, or no reference. */
  referred(node: object): Variable | undefined;
  /** The free identifiers, in order. */
  readonly free: readonly Identifier[];
}

/** Resolves every name of a script. */
export function namesOf(program: Program): Names {
  const analysis = analyze(program as Parameters<typeof analyze>[0], {
    ecmaVersion: 2026,
    sourceType: "script",
    impliedStrict: true,
    ignoreEval: true,
  });
  const declared = new Map<object, Variable>();
  const referred = new Map<object, Variable>();
  for (const scope of analysis.scopes) {
    for (const variable of scope.variables)
      for (const identifier of variable.identifiers) declared.set(identifier, variable);
    for (const { identifier, resolved } of scope.references)
      if (resolved !== null) referred.set(identifier, resolved);
  }
  const free = (analysis.globalScope?.through ?? []).map(({ identifier }) => identifier as Identifier);
  return {
    declared: (node) => declared.get(node),
    referred: (node) => referred.get(node),
    free: free.sort((one, other) => one.start - other.start),
  };
}
