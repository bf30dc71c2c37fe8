import type { Finding } from "../../contracts/report.ts";
import { hash128 } from "./canonical.ts";

/** The maximum size of a fragment, in characters of JSON without spaces. */
export const maxFragmentLength = 2_000_000;

/** The maximum nesting of lists and objects in a fragment. */
export const maxFragmentDepth = 64;

/**
 * Checks the size of a fragment before it is read, because reading a huge fragment would delay all others.
 * Ends at the limits, so that cyclic values are no problem.
 * @returns the finding that refuses the fragment; undefined where it is within the limits
 */
export function sizeFinding(raw: unknown): Finding | undefined {
  let size = 0;
  for (const { text, depth } of walk(raw)) {
    size += text.length + 3;
    if (depth > maxFragmentDepth) return tooDeep;
    if (size > maxFragmentLength) return tooLarge;
  }
  return undefined;
}

/** Hashes the begin of a fragment that exceeds the limits, to distinguish such fragments: 32 hex digits. */
export function prefixHash(raw: unknown): string {
  let begin = "";
  for (const { text, depth } of walk(raw)) {
    begin += `${depth} ${text}\n`;
    if (depth > maxFragmentDepth || begin.length > maxHashedLength) break;
  }
  return hash128(begin);
}

const maxHashedLength = 100_000;

interface Piece {
  /** A key, or a value that is neither a list nor an object. */
  readonly text: string;
  readonly depth: number;
}

function* walk(raw: unknown): Iterable<Piece> {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: raw, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (value === null || typeof value !== "object") {
      yield { text: String(value), depth };
      continue;
    }
    yield { text: "", depth: depth + 1 };
    for (const [key, member] of Object.entries(value)) {
      if (!Array.isArray(value)) yield { text: key, depth };
      open.push({ value: member, depth: depth + 1 });
    }
  }
}

const tooLarge: Finding = {
  severity: "error",
  code: "FRAGMENT_TOO_LARGE",
  jsonPath: "",
  message: `The fragment is larger than ${maxFragmentLength} characters of JSON.`,
  hint: "Split the service, or move the code of its functions into actions.",
};

const tooDeep: Finding = {
  severity: "error",
  code: "FRAGMENT_TOO_DEEP",
  jsonPath: "",
  message: `The fragment is nested deeper than ${maxFragmentDepth} levels.`,
};
