import { stripVTControlCharacters } from "node:util";

/**
 * Makes text from outside safe to print: removes control characters, which could control a terminal; keeps \n
 * and \t.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, "\u{fffd}");
}

/** A number with its noun: `1 error`, `2 errors`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
