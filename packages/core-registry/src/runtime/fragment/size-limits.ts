import type { Finding } from "../../contracts/report.ts";
import { hash128 } from "./canonical.ts";

/** How much JSON a fragment may be, in characters as it would be written without spaces. */
export const longestFragment = 2_000_000;

/** How deep its lists and objects may be nested. */
export const deepestFragment = 64;

/**
 * Why a fragment is looked at no further: it is larger or nested deeper than any that somebody wrote, and reading it would
 * hold up everybody else's. Told before anything is made of it; a value that holds itself is one without end.
 */
export function boundsFinding(raw: unknown): Finding | undefined {
  let size = 0;
  for (const { text, depth } of walk(raw)) {
    size += text.length + 3;
    if (depth > deepestFragment) return tooDeep;
    if (size > longestFragment) return tooLarge;
  }
  return undefined;
}

/** What tells one such fragment from another, by the beginning of what was looked at of it: 32 hex digits. */
export function boundedHash(raw: unknown): string {
  let begin = "";
  for (const { text, depth } of walk(raw)) {
    begin += `${depth} ${text}\n`;
    if (depth > deepestFragment || begin.length > longestHashed) break;
  }
  return hash128(begin);
}

const longestHashed = 100_000;

interface Piece {
  /** A key, or a value that holds no others. */
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
  message: `The fragment has more than ${longestFragment} characters of JSON.`,
  hint: "Split the service, or move what its functions do into its actions.",
};

const tooDeep: Finding = {
  severity: "error",
  code: "FRAGMENT_TOO_DEEP",
  jsonPath: "",
  message: `The fragment is nested deeper than ${deepestFragment} levels of lists and objects.`,
};
