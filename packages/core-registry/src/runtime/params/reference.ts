import { ownProperty } from "../values.ts";

/** The reference of a mapping to a source, parsed from `@source(.key)*[:cast][[]]` (S3). */
export interface Reference {
  /** The source without `@`, such as `path` or `context`. */
  readonly source: string;
  /** The properties below the source, outermost first. A number indexes an array. */
  readonly keys: readonly string[];
  readonly cast: CastName | undefined;
  /** True where the reference ends in `[]`: the param is batched (S5.4). */
  readonly batched: boolean;
}

/** The casts of the mapping grammar. */
export type CastName = "number" | "boolean" | "string";

/** The parsed string of a mapping. `invalid`: it begins like a reference, but does not follow the grammar. */
export type ParsedReference =
  | { readonly kind: "literal" }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "invalid"; readonly source: string; readonly problem: string; readonly column: number };

/** Property names that never resolve (S3.4). */
export const refusedKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

const castNames: readonly CastName[] = ["number", "boolean", "string"];
const word = /^@([A-Za-z_][A-Za-z0-9_]*)/;
const key = /\.([^.:[\]\s]+)/y;
const cast = /:([A-Za-z]*)/y;

/**
 * Parses one string of a mapping. The parser does not know which sources exist: the caller treats an
 * `invalid` reference as a literal where its source does not exist.
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
  const invalid = (problem: string, column: number): ParsedReference => ({
    kind: "invalid",
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
    return invalid(`Unknown cast \`:${castText}\`.`, castAt + 1);
  const batched = text.startsWith("[]", at);
  if (batched) at += 2;
  if (at < text.length) return invalid(`Unexpected \`${text.slice(at)}\` in a reference.`, at + 1);
  return { kind: "reference", reference: { source, keys, cast: castName, batched } };
}

/** Writes a reference in the grammar of mappings. */
export function formatReference(reference: Reference): string {
  const keys = reference.keys.map((name) => `.${name}`).join("");
  const castText = reference.cast === undefined ? "" : `:${reference.cast}`;
  return `@${reference.source}${keys}${castText}${reference.batched ? "[]" : ""}`;
}

/** Compiles a path of own properties. `__proto__`, `constructor` and `prototype` never resolve. */
export function propertyReader(keys: readonly string[]): (value: unknown) => unknown {
  const [first, ...rest] = keys;
  if (keys.some((key) => refusedKeys.has(key))) return () => undefined;
  if (first === undefined) return (value) => value;
  if (rest.length === 0) return (value) => ownProperty(value, first);
  return (value) => {
    let property = ownProperty(value, first);
    for (const key of rest) property = ownProperty(property, key);
    return property;
  };
}
