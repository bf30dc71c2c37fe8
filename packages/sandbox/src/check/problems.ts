import type { FunctionProblem, SourceLocation } from "@tidegate/core-registry";
import { codeFrame } from "@tidegate/core-registry/runtime";

/** The parts of a problem that do not depend on its place in the source. */
export interface ProblemParts extends Pick<FunctionProblem, "severity" | "code" | "message"> {
  /** What the developer should do. Default: no hint. */
  readonly hint?: string | undefined;
}

/** A place in a source. Line and column count from 1; the column counts UTF-16 units. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
}

/** Creates a problem at an offset of the source, with the lines around that place. */
export function problemAt(source: string, offset: number, parts: ProblemParts): FunctionProblem {
  const { hint, message, ...rest } = parts;
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return { ...rest, message: sentence, ...(hint && { hint }), ...locationAt(source, offset) };
}

/** Locates an offset of the source, with the lines around that place. */
export function locationAt(source: string, offset: number): SourceLocation {
  const { line, column } = placeOf(source, offset);
  return { line, column, frame: codeFrame(source, line, column) };
}

/** Converts an offset to line and column. An offset outside of the source counts as the nearest end. */
export function placeOf(source: string, offset: number): SourcePlace {
  const before = source.slice(0, Math.max(0, offset)).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** The hint for a function with a second parameter. */
export const parametersHint: string =
  "A function gets one object and reads everything from it: ({ context, params }) => ...";

/** Hint for an async function or a generator. */
export const asyncHint: string =
  "Remove `async`, `await` and `*`. A function only computes with its argument; fetch data in an action.";

/** Hint for a source that is not a function. */
export const notAFunctionHint: string =
  "Publish the source of an arrow function, a function or a method: `({ source }) => source.name`.";

/**
 * Characters before and after a syntax error that `syntaxHint` reads: the patterns stay cheap on any source.
 */
const hintWindow = 100;

/**
 * Guesses the cause of a syntax error from the characters around it.
 *
 * @param offset where the parser stopped
 * @returns undefined where no known cause fits
 */
export function syntaxHint(source: string, offset: number): string | undefined {
  const before = source.slice(Math.max(0, offset - hintWindow), offset);
  const after = source.slice(offset, offset + hintWindow);
  if (/=>\s*$/.test(before) && /^return\b/.test(after))
    return "An arrow function has either an expression (`=> value`) or braces (`=> { return value; }`).";
  if (looksLikeTypeScript(before, after))
    return "This is TypeScript. Publish the JavaScript that it compiles to, or remove the types.";
  if (/^await\b/.test(after) || /\bawait\s+$/.test(before)) return asyncHint;
  return undefined;
}

function looksLikeTypeScript(before: string, after: string): boolean {
  if (/^(as|satisfies)\s+[\w$[{("'`]/.test(after)) return true;
  if (/^\??\s*:\s*[\w$[{("'`]/.test(after) && /[\w$\]})]\s*\??\s*$/.test(before)) return true;
  if (/^!\s*[.)\];,]/.test(after)) return true;
  return /^(interface|type|enum)\s+[\w$]+/.test(after) || /\b(interface|type|enum)\s+$/.test(before);
}

const coverageName = /^(__)?cov_|^__coverage__|^__cov|^_istanbul/;
const compilerName =
  /^(__vite|__vi_|__webpack|_?_?import_|_interop|__name$|__await|__spread|__assign|__rest|tslib|_\w+__)/;
const platformNames = new Set(
  (
    "require process Buffer module exports global __dirname __filename fetch setTimeout setInterval " +
    "setImmediate queueMicrotask URL structuredClone crypto window document performance"
  ).split(" "),
);
const removedNames = new Set(
  "eval Function WebAssembly SharedArrayBuffer Atomics WeakRef FinalizationRegistry".split(" "),
);

/** Hint for a name that does not exist in the sandbox. */
export function freeNameHint(name: string): string {
  if (coverageName.test(name))
    return "A coverage tool added it. Exclude the file with the inline functions from coverage.";
  if (compilerName.test(name))
    return (
      "A bundler or compiler added it. Publish the function as it is in the source file, or compile for a " +
      "newer language level."
    );
  if (platformNames.has(name))
    return "The sandbox has no Node and no browser: no network, no timers. Do this in an action.";
  if (removedNames.has(name)) return "The sandbox does not have it.";
  return (
    "A function is sent without the code around it. Write the value into the function, or let the operator " +
    "provide it in `util`."
  );
}
