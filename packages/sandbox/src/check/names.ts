import type { Identifier, Program } from "acorn";
import { analyze, type Variable } from "eslint-scope";

/**
 * The globals that a function finds in the sandbox beside `console` and `util` (S11.1): the language without
 * whatever reaches outside, compiles strings, shares memory or observes garbage collection. All others are
 * deleted.
 */
export const languageGlobals: readonly string[] = (
  "globalThis undefined NaN Infinity Object Array String Number Boolean BigInt Symbol Math JSON Date " +
  "RegExp Map Set WeakMap WeakSet Promise Proxy Reflect Iterator Intl " +
  "Error AggregateError EvalError RangeError ReferenceError SuppressedError SyntaxError TypeError " +
  "URIError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array " +
  "Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array " +
  "parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent " +
  "escape unescape"
).split(" ");

/** The names that a source can use without declaring them. */
export const knownNames: ReadonlySet<string> = new Set([...languageGlobals, "console", "util"]);

/** The names of a script and the variables that they stand for. */
export interface ResolvedNames {
  /** The variable that an identifier declares. */
  declared(node: object): Variable | undefined;
  /**
   * The variable that an identifier refers to; undefined for a free name and for an identifier that is no
   * reference.
   */
  referred(node: object): Variable | undefined;
  /** The identifiers that the script does not declare, in the order of the source. */
  readonly free: readonly Identifier[];
}

/** Resolves every name of a script. */
export function resolveNames(program: Program): ResolvedNames {
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

/** Tests whether a variable can get a value beside the one that it is declared with. */
export function isReassigned({ references }: Variable): boolean {
  const writes = references.filter((reference) => reference.isWrite());
  return writes.length > 1 || writes.some(({ init }) => init !== true);
}
