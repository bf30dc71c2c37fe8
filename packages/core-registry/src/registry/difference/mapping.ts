import type { Json } from "../../contracts/json.ts";
import type { Endpoint } from "../../contracts/protocol.ts";
import { formatReference, parseReference } from "../../runtime/params/reference.ts";
import { parsePattern } from "../../runtime/routing/pattern.ts";
import { type Aspect, isEqual } from "./aspect.ts";

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

/** The endpoints that answer, by every key that they answer for. */
export type Holders = ReadonlyMap<string, Endpoint>;

/** The path of an endpoint; undefined where it has none. */
export function pathOf({ http, websocket }: Endpoint): string | undefined {
  return http?.path ?? websocket?.path;
}

/** Who holds which key: an endpoint whose path has optional parameters answers for several. Its own key goes first. */
export function holdersOf(endpoints: readonly Endpoint[]): Holders {
  const holders = new Map(endpoints.map((endpoint) => [endpoint.key, endpoint]));
  for (const endpoint of endpoints)
    for (const key of otherKeys(endpoint)) if (!holders.has(key)) holders.set(key, endpoint);
  return holders;
}

/**
 * What differs in the paths of one endpoint.
 * @param holders who answers afterwards
 */
export function pathAspects(before: Endpoint, after: Endpoint, holders: () => Holders): readonly Aspect[] {
  const [was, is] = [pathOf(before), pathOf(after)];
  if (was === undefined || is === undefined || was === is) return [];
  const one = parsePattern(was).pattern;
  const other = parsePattern(is).pattern;
  if (one === undefined || other === undefined)
    return [{ level: "dangerous", detail: `Its path was \`${was}\`, and is \`${is}\` now.` }];
  const lost = one.shapes.filter((shape) => !other.shapes.includes(shape));
  const gained = other.shapes.filter((shape) => !one.shapes.includes(shape));
  return [
    ...lost.map((shape): Aspect => {
      const holder = holders().get(keyOfShape(before, one.shapes[0] ?? "", shape));
      return holder === undefined
        ? { level: "breaking", detail: `\`${shape}\` is not served any more.` }
        : { level: "dangerous", detail: `\`${shape}\` is served by \`${holder.label}\` now.` };
    }),
    ...gained.map((shape): Aspect => ({ level: "safe", detail: `It serves \`${shape}\` too now.` })),
    ...[...renamedOf(one.parameters, other.parameters)].map(
      ([name, now]): Aspect => ({
        level: "dangerous",
        detail: `The path's parameter \`${name}\` is called \`${now}\` now.`,
      }),
    ),
  ];
}

/** The parameters of an endpoint's path that have another name now, by the old one. */
export function renamedParameters(before: Endpoint, after: Endpoint): ReadonlyMap<string, string> {
  const [was, is] = [pathOf(before), pathOf(after)];
  if (was === undefined || is === undefined || was === is) return new Map();
  return renamedOf(parsePattern(was).pattern?.parameters ?? [], parsePattern(is).pattern?.parameters ?? []);
}

function renamedOf(before: readonly string[], after: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    before.flatMap((name, index): [string, string][] => {
      const now = after[index];
      return now === undefined || now === name ? [] : [[name, now]];
    }),
  );
}

function otherKeys(endpoint: Endpoint): string[] {
  const path = pathOf(endpoint);
  if (path === undefined || !path.includes("?")) return [];
  const [own, ...others] = parsePattern(path).pattern?.shapes ?? [];
  return own === undefined ? [] : others.map((shape) => keyOfShape(endpoint, own, shape));
}

// An endpoint's key ends in the first shape of its path: `GET /players/:`.
function keyOfShape({ key }: Endpoint, own: string, shape: string): string {
  return key.endsWith(own) ? `${key.slice(0, key.length - own.length)}${shape}` : shape;
}
