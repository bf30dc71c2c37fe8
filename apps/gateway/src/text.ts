import { stripVTControlCharacters } from "node:util";

/** A text from outside as one may print it: no control characters, that could steer a terminal, but line ends and tabs. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, "\u{fffd}");
}

/** `1 error`, `2 errors`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
