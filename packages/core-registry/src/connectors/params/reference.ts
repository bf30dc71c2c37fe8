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
