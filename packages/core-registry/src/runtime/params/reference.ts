import type { Finding } from "../../contracts/report.ts";

/** A place that a mapping reads from, parsed from `@source(.key)*[:cast][[]]` (S3). */
export interface Reference {
  /** The source without `@`: `path`, `context`. */
  readonly source: string;
  /** The properties below it, from the outside in; a numeric one indexes an array. */
  readonly keys: readonly string[];
  /** What it has to become, where it says so. */
  readonly cast: CastName | undefined;
  /** True where it ends in `[]`: it travels in batches (S5.4). */
  readonly batched: boolean;
}

/** What a reference can be cast to. */
export type CastName = "number" | "boolean" | "string";

/** What a string in a mapping is. */
export type ParsedReference =
  | { readonly kind: "literal" }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "broken"; readonly source: string; readonly problem: string; readonly column: number };

/** Names that never resolve (S3.4). */
export const refusedKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

const castNames: readonly CastName[] = ["number", "boolean", "string"];
const word = /^@([A-Za-z_][A-Za-z0-9_]*)/;
const key = /\.([^.:[\]\s]+)/y;
const cast = /:([A-Za-z]*)/y;

/**
 * Parses one string of a mapping. Pure; which sources there are is the caller's to know: a string that begins with
 * `@word` but does not follow the grammar is `broken`, and is wrong only where `word` is a source.
 */
export function parseReference(text: string): ParsedReference {
  const head = word.exec(text);
  const source = head?.[1];
  if (head === null || source === undefined) return { kind: "literal" };
  let at = head[0].length;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match?.[1];
  };
  const broken = (problem: string, column: number): ParsedReference => ({
    kind: "broken",
    source,
    problem,
    column,
  });

  const keys: string[] = [];
  for (let next = take(key); next !== undefined; next = take(key)) keys.push(next);
  const castAt = at;
  const castText = take(cast);
  const castName = castNames.find((name) => name === castText);
  if (castText !== undefined && castName === undefined)
    return broken(`There is no cast \`:${castText}\`.`, castAt + 1);
  const batched = text.startsWith("[]", at);
  if (batched) at += 2;
  if (at < text.length) return broken(`\`${text.slice(at)}\` does not belong here.`, at + 1);
  return { kind: "reference", reference: { source, keys, cast: castName, batched } };
}

/** A reference as people write it. */
export function formatReference(reference: Reference): string {
  const keys = reference.keys.map((name) => `.${name}`).join("");
  const castText = reference.cast === undefined ? "" : `:${reference.cast}`;
  return `@${reference.source}${keys}${castText}${reference.batched ? "[]" : ""}`;
}

/** An own property of an object or array (S3.4); undefined where there is none, or where it is a function. */
export function ownProperty(holder: unknown, key: string): unknown {
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, key)) return undefined;
  const value = (holder as Readonly<Record<string, unknown>>)[key];
  return typeof value === "function" ? undefined : value;
}

/** What lies at the end of a path of own properties. `__proto__`, `constructor` and `prototype` never resolve. */
export function reader(keys: readonly string[]): (from: unknown) => unknown {
  const [first, ...rest] = keys;
  if (keys.some((key) => refusedKeys.has(key))) return () => undefined;
  if (first === undefined) return (from) => from;
  if (rest.length === 0) return (from) => ownProperty(from, first);
  return (from) => {
    let value = ownProperty(from, first);
    for (const key of rest) value = ownProperty(value, key);
    return value;
  };
}

/** What compiling a mapping knows, and what it collects on the way. */
export interface MappingContext {
  /** Where the mapping stands in the fragment. */
  readonly jsonPath: string;
  /** The protocol's sources, without `context`. */
  readonly sources: Readonly<Record<string, "text" | "data">>;
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** Whether `[]` is allowed here. */
  readonly batching: boolean;
  /** Takes what is wrong. */
  found(finding: Finding): void;
  /** Collects the sources that are read. */
  readonly reads: Set<string>;
  /** Collects the context values that are read. */
  readonly contextReads: Set<string>;
  /** Collects the params that travel in batches. */
  readonly batched: Set<string>;
}
