import { codeFrame, type FunctionProblem } from "@tidegate/core-registry";

/** What every problem is made of. */
export interface ProblemParts {
  /** An error refuses the text. */
  readonly severity: FunctionProblem["severity"];
  /** Which kind. */
  readonly code: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string | undefined;
}

/** A place in a text; line and column from 1. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** Makes a problem of an offset in the text as it was written. */
export function problemAt(source: string, offset: number, parts: ProblemParts): FunctionProblem {
  const { line, column } = placeOf(source, offset);
  const { hint, message, ...said } = parts;
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return {
    ...said,
    message: sentence,
    ...(hint && { hint }),
    line,
    column,
    frame: codeFrame(source, line, column),
  };
}

/** Where an offset is; one outside of the text counts as its nearest end. */
export function placeOf(source: string, offset: number): Place {
  const before = source.slice(0, Math.max(0, offset)).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
