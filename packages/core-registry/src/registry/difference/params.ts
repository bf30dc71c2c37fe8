import type { Json } from "../../contracts/json.ts";
import type { ProtocolSources } from "../../contracts/protocol.ts";
import { formatReference, parseReference } from "../../runtime/params/reference.ts";
import { type ChangeDetail, isEqual } from "./change-detail.ts";

/** The renamed parameters of a path: the new names by the old ones. */
export type RenamedParameters = ReadonlyMap<string, string>;

/** What mappings read of a request, and how its path parameters were renamed. */
export interface RequestSources {
  /** The sources that the protocol declares. */
  readonly sources: ProtocolSources;
  readonly renamed: RenamedParameters;
}

/**
 * Compares two mappings of params (S3), param by param. Which params an action requires is not known here, so
 * a value that is newly read from the request is dangerous. A value that is read from another place of the
 * request is breaking.
 *
 * @param renamed renamed path parameters. Clients send them as before, so they are no difference
 */
export function paramsDetails(
  before: Json | undefined,
  after: Json | undefined,
  { sources, renamed }: RequestSources,
): readonly ChangeDetail[] {
  const previous = renamed.size === 0 ? (before ?? {}) : rename(before ?? {}, renamed);
  const current = after ?? {};
  if (isEqual(previous, current)) return [];
  const reads = clientReads(current, sources);
  if (!isParams(previous) || !isParams(current))
    return [replaced("The params", previous, current, reads, sources)];
  const [previousParams, params] = [new Map(Object.entries(previous)), new Map(Object.entries(current))];
  const names = [...new Set([...previousParams.keys(), ...params.keys()])].sort();
  return names.flatMap((name) =>
    paramDetails(name, previousParams.get(name), params.get(name), reads, sources),
  );
}

function paramDetails(
  name: string,
  before: Json | undefined,
  after: Json | undefined,
  reads: readonly string[],
  sources: ProtocolSources,
): ChangeDetail[] {
  if (isEqual(before, after)) return [];
  const param = `The param \`${name}\``;
  if (before === undefined) return [added(param, after ?? null, sources)];
  if (after === undefined)
    return [{ level: "dangerous", detail: `${param} (${formatSource(before, sources)}) was removed.` }];
  if (readsOf(before, sources).length === 0 && readsOf(after, sources).length === 0)
    return [{ level: "dangerous", detail: `${param} has a different fixed value.` }];
  return [replaced(param, before, after, reads, sources)];
}

function added(param: string, value: Json, sources: ProtocolSources): ChangeDetail {
  const request = clientReads(value, sources).length > 0 ? ": clients might have to send it" : "";
  return { level: "dangerous", detail: `${param} was added (${formatSource(value, sources)})${request}.` };
}

/** @param reads everything that all params read from the request after the change */
function replaced(
  subject: string,
  before: Json,
  after: Json,
  reads: readonly string[],
  sources: ProtocolSources,
): ChangeDetail {
  const sentence = `${subject} changed from ${formatSource(before, sources)} to ${formatSource(after, sources)}`;
  const [readBefore, readAfter] = [clientReads(before, sources), clientReads(after, sources)];
  const hasMoved =
    readAfter.length > 0 && readBefore.some((place) => !reads.some((one) => contains(one, place)));
  if (hasMoved) return { level: "breaking", detail: `${sentence}: clients have to send it there.` };
  const isNew = readBefore.length === 0 && readAfter.length > 0;
  return {
    level: "dangerous",
    detail: isNew ? `${sentence}: clients might have to send it.` : `${sentence}.`,
  };
}

/** Renames path parameters in all references of a mapping. */
function rename(value: Json, renamed: RenamedParameters): Json {
  if (typeof value === "string") {
    const parsed = parseReference(value);
    if (parsed.kind !== "reference" || parsed.reference.source !== "path") return value;
    const [name, ...keys] = parsed.reference.keys;
    const newName = name === undefined ? undefined : renamed.get(name);
    return newName === undefined ? value : formatReference({ ...parsed.reference, keys: [newName, ...keys] });
  }
  if (Array.isArray(value)) return value.map((each) => rename(each, renamed));
  if (!isParams(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rename(each, renamed)]));
}

/** Whether one place of the request contains another one: `@body` contains `@body.name`. */
function contains(outer: string, inner: string): boolean {
  return outer === inner || inner.startsWith(`${outer}.`);
}

/** The places of the request that a mapping reads and the client sends: `@query.name`. */
function clientReads(value: Json, sources: ProtocolSources): readonly string[] {
  return readsOf(value, sources).flatMap(({ source, place }) =>
    sources[source]?.fromClient === true ? [place] : [],
  );
}

interface Read {
  readonly source: string;
  readonly place: string;
}

function readsOf(value: Json, sources: ProtocolSources): readonly Read[] {
  if (typeof value === "string") {
    const parsed = parseReference(value);
    if (parsed.kind !== "reference" || !isSource(parsed.reference.source, sources)) return [];
    const { source, keys } = parsed.reference;
    return [{ source, place: [`@${source}`, ...keys].join(".") }];
  }
  if (Array.isArray(value)) return value.flatMap((each) => readsOf(each, sources));
  return isParams(value) ? Object.values(value).flatMap((each) => readsOf(each, sources)) : [];
}

function isSource(name: string, sources: ProtocolSources): boolean {
  return name === "context" || Object.hasOwn(sources, name);
}

// Fixed values are not shown, since they can be secrets.
function formatSource(value: Json, sources: ProtocolSources): string {
  const reads = readsOf(value, sources);
  if (typeof value === "string" && reads.length > 0) return `\`${value}\``;
  if (reads.length > 0)
    return `a value of ${[...new Set(reads.map(({ place }) => `\`${place}\``))].join(", ")}`;
  return isParams(value) && Object.keys(value).length === 0 ? "none" : "a fixed value";
}

function isParams(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
