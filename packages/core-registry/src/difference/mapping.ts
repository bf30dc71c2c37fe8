import { formatReference, parseReference } from "../connectors/params/reference.ts";
import type { Json } from "../contracts/json.ts";
import type { Aspect } from "./aspect.ts";
import { isEqual } from "./equal.ts";

const fromClients: ReadonlySet<string> = new Set(["path", "query", "body", "message", "args"]);
const sources: ReadonlySet<string> = new Set([...fromClients, "context", "source", "info"]);

/**
 * What differs in two mappings (S3), name by name. What an action needs is not known here: whether clients must send what
 * is newly read cannot be told, but where something has to be sent in another place, they must.
 *
 * @param renamed new names of the path's parameters, by the old ones: clients send them as before
 */
export function mappingAspects(
  before: Json | undefined,
  after: Json | undefined,
  renamed: Renamed,
): readonly Aspect[] {
  const was = renamed.size === 0 ? (before ?? {}) : withNames(before ?? {}, renamed);
  const is = after ?? {};
  if (isEqual(was, is)) return [];
  const read = clientReads(is);
  if (!isNamed(was) || !isNamed(is)) return [replaced("Its params were", was, is, read)];
  const [ones, others] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
  const names = [...new Set([...ones.keys(), ...others.keys()])].sort();
  return names.flatMap((name): Aspect[] => {
    const [one, other] = [ones.get(name), others.get(name)];
    if (isEqual(one, other)) return [];
    if (one === undefined) return [added(name, other ?? null)];
    if (other === undefined)
      return [
        { level: "dangerous", detail: `The param \`${name}\` (${shown(one)}) is not passed on any more.` },
      ];
    if (readsOf(one).length === 0 && readsOf(other).length === 0)
      return [{ level: "dangerous", detail: `The param \`${name}\` has another fixed value now.` }];
    return [replaced(`The param \`${name}\` was`, one, other, read)];
  });
}

/** New names of a path's parameters, by the old ones. */
export type Renamed = ReadonlyMap<string, string>;

function withNames(value: Json, renamed: Renamed): Json {
  if (typeof value === "string") {
    const parsed = parseReference(value);
    if (parsed.kind !== "reference" || parsed.reference.source !== "path") return value;
    const [name, ...keys] = parsed.reference.keys;
    const now = name === undefined ? undefined : renamed.get(name);
    return now === undefined ? value : formatReference({ ...parsed.reference, keys: [now, ...keys] });
  }
  if (Array.isArray(value)) return value.map((each) => withNames(each, renamed));
  if (!isNamed(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withNames(each, renamed)]));
}

function added(name: string, value: Json): Aspect {
  const asked = clientReads(value).length > 0 ? ": clients may have to send it" : "";
  return { level: "dangerous", detail: `The param \`${name}\` is new (${shown(value)})${asked}.` };
}

function replaced(what: string, before: Json, after: Json, read: readonly string[]): Aspect {
  const sentence = `${what} ${shown(before)}, and ${what.startsWith("Its") ? "are" : "is"} ${shown(after)} now`;
  const moved =
    clientReads(after).length > 0 &&
    clientReads(before).some((place) => !read.some((one) => covers(one, place)));
  if (moved) return { level: "breaking", detail: `${sentence}: clients have to send it there.` };
  const asked = clientReads(before).length === 0 && clientReads(after).length > 0;
  return { level: "dangerous", detail: asked ? `${sentence}: clients may have to send it.` : `${sentence}.` };
}

/** Whether who reads `one` reads `other` too: `@body` holds `@body.name`. */
function covers(one: string, other: string): boolean {
  return one === other || other.startsWith(`${one}.`);
}

function clientReads(value: Json): readonly string[] {
  return readsOf(value).flatMap(({ source, place }) => (fromClients.has(source) ? [place] : []));
}

interface Read {
  readonly source: string;
  readonly place: string;
}

function readsOf(value: Json): readonly Read[] {
  if (typeof value === "string") {
    const parsed = parseReference(value);
    if (parsed.kind !== "reference" || !sources.has(parsed.reference.source)) return [];
    const { source, keys } = parsed.reference;
    return [{ source, place: [`@${source}`, ...keys].join(".") }];
  }
  if (Array.isArray(value)) return value.flatMap(readsOf);
  return isNamed(value) ? Object.values(value).flatMap(readsOf) : [];
}

// A fixed value is not shown: it may be a secret.
function shown(value: Json): string {
  const reads = readsOf(value);
  if (typeof value === "string") return reads.length === 0 ? "a fixed value" : `\`${value}\``;
  if (reads.length === 0)
    return isNamed(value) && Object.keys(value).length === 0 ? "empty" : "a fixed value";
  return `made of ${[...new Set(reads.map(({ place }) => `\`${place}\``))].join(", ")}`;
}

function isNamed(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
