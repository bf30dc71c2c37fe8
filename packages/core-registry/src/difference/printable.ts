import { stripVTControlCharacters } from "node:util";

/** A text of a service as one line that may be printed: no line ends, and no control characters that could steer a terminal. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
