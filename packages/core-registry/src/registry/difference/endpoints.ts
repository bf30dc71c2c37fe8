import type { Endpoint } from "../../contracts/endpoint.ts";
import type { ProtocolSources } from "../../contracts/protocol.ts";
import type { Change } from "../../contracts/report.ts";
import type { LoadedProtocol } from "../../runtime/boundary/load-protocol.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { type ChangeDetail, changeOf, isEqual } from "./change-detail.ts";
import { connectorsDifference } from "./connectors.ts";
import { type EndpointsByKey, endpointsByKey, pathDetails, pathOf, renamedParameters } from "./paths.ts";

/** Compares the endpoints of a protocol that has no `diff` of its own. */
export function endpointChanges(
  { name: plugin, sources }: Pick<LoadedProtocol, "name" | "sources">,
  { kept, added, removed, servedAfter }: Pairing,
): Change[] {
  return [
    ...added.map((one) => unpairedChange(plugin, one, "added")),
    ...removed.map((one) => unpairedChange(plugin, one, "removed")),
    ...kept.flatMap((pair) =>
      pairDetails(pair, servedAfter, sources).map((detail) => changeOf(plugin, pair.after, detail)),
    ),
  ];
}

function unpairedChange(
  plugin: string,
  { endpoint, counterpart }: UnpairedEndpoint,
  kind: "added" | "removed",
): Change {
  const { label, origin } = endpoint;
  const change = { kind, plugin, label, service: origin.service };
  const level = kind === "added" ? "safe" : "breaking";
  if (counterpart === undefined) return { ...change, level };
  const other = `\`${counterpart.endpoint.label}\``;
  if (counterpart.relation === "moved")
    return { ...change, level, detail: `It moved ${kind === "added" ? "from" : "to"} ${other}.` };
  const detail = kind === "added" ? `It was served by ${other} before.` : `It is now served by ${other}.`;
  return { ...change, level: "dangerous", detail };
}

function pairDetails(
  { before, after }: EndpointPair,
  servedAfter: () => EndpointsByKey,
  sources: ProtocolSources,
): readonly ChangeDetail[] {
  const from = before.origin.service;
  const to = after.origin.service;
  const moved: ChangeDetail[] =
    from === to
      ? []
      : [{ level: "dangerous", detail: `It moved from service \`${from}\` to service \`${to}\`.` }];
  return before.fingerprint === after.fingerprint
    ? moved
    : [...moved, ...definitionDetails(before, after, servedAfter, sources)];
}

/** Compares paths and connectors, then the members of the fingerprint that these comparisons do not cover. */
function definitionDetails(
  before: Endpoint,
  after: Endpoint,
  servedAfter: () => EndpointsByKey,
  sources: ProtocolSources,
): readonly ChangeDetail[] {
  const connectors = connectorsDifference(before.connectors, after.connectors, {
    sources,
    renamed: renamedParameters(before, after),
  });
  const details = [...pathDetails(before, after, servedAfter), ...connectors.details];
  const [one, other] = [membersOf(before.fingerprint), membersOf(after.fingerprint)];
  if (one === undefined || other === undefined)
    return details.length > 0 ? details : [{ level: "dangerous", detail: "The definition changed." }];
  const isPathCovered = one.path === pathOf(before) && other.path === pathOf(after);
  const covered = new Set([...connectors.covered, ...(isPathCovered ? ["path"] : [])]);
  const all = [...details, ...memberDetails(one, other, covered)];
  return all.length > 0
    ? all
    : [{ level: "safe", detail: "The definition is written differently, but does the same." }];
}

/** The endpoints of two versions, matched by key. */
export interface Pairing {
  readonly kept: readonly EndpointPair[];
  readonly added: readonly UnpairedEndpoint[];
  readonly removed: readonly UnpairedEndpoint[];
  /** The endpoints of the version after. Computed when first asked for. */
  readonly servedAfter: () => EndpointsByKey;
}

/** An endpoint of one key, as two versions have it. */
export interface EndpointPair {
  readonly before: Endpoint;
  readonly after: Endpoint;
}

/** An endpoint that only one of two versions has. */
export interface UnpairedEndpoint {
  readonly endpoint: Endpoint;
  /**
   * The endpoint of the other version that corresponds to it. `part`: it serves the same path, as one of
   * several that an optional parameter allows. `moved`: it does the same on another path or with another
   * method.
   */
  readonly counterpart?: { readonly endpoint: Endpoint; readonly relation: "part" | "moved" };
}

/** Matches the endpoints of two versions. */
export function pairEndpoints(before: readonly Endpoint[], after: readonly Endpoint[]): Pairing {
  const unmatched = new Map(before.map((endpoint) => [endpoint.key, endpoint]));
  const kept: EndpointPair[] = [];
  const added: Endpoint[] = [];
  for (const endpoint of after) {
    const known = unmatched.get(endpoint.key);
    if (known === undefined) added.push(endpoint);
    else kept.push({ before: known, after: endpoint });
    unmatched.delete(endpoint.key);
  }
  const removed = [...unmatched.values()];
  const moves = findMoves(removed, added);
  const servedBefore = lazy(() => endpointsByKey(before));
  const servedAfter = lazy(() => endpointsByKey(after));
  return {
    kept,
    added: added.map((endpoint) => unpaired(endpoint, before, servedBefore, moves.sources)),
    removed: removed.map((endpoint) => unpaired(endpoint, after, servedAfter, moves.targets)),
    servedAfter,
  };
}

function unpaired(
  endpoint: Endpoint,
  others: readonly Endpoint[],
  served: () => EndpointsByKey,
  moved: ReadonlyMap<Endpoint, Endpoint>,
): UnpairedEndpoint {
  if (others.length === 0) return { endpoint };
  const whole = served().get(endpoint.key);
  if (whole !== undefined) return { endpoint, counterpart: { endpoint: whole, relation: "part" } };
  const other = moved.get(endpoint);
  return other === undefined
    ? { endpoint }
    : { endpoint, counterpart: { endpoint: other, relation: "moved" } };
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

interface Moves {
  /** The added endpoints by the removed ones. */
  readonly targets: ReadonlyMap<Endpoint, Endpoint>;
  /** The removed endpoints by the added ones. */
  readonly sources: ReadonlyMap<Endpoint, Endpoint>;
}

// An endpoint moved if its service has exactly one removed and one added endpoint that do the same.
function findMoves(removed: readonly Endpoint[], added: readonly Endpoint[]): Moves {
  const targets = new Map<Endpoint, Endpoint>();
  const sources = new Map<Endpoint, Endpoint>();
  if (removed.length === 0 || added.length === 0) return { targets, sources };
  const addedByBehavior = byBehavior(added);
  for (const [behavior, endpoint] of byBehavior(removed)) {
    const target = addedByBehavior.get(behavior);
    if (endpoint === undefined || target === undefined) continue;
    targets.set(endpoint, target);
    sources.set(target, endpoint);
  }
  return { targets, sources };
}

// Undefined where several endpoints do the same, since then it is unknown which of them moved.
function byBehavior(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint | undefined> {
  const found = new Map<string, Endpoint | undefined>();
  for (const endpoint of endpoints) {
    const behavior = behaviorOf(endpoint);
    if (behavior !== undefined) found.set(behavior, found.has(behavior) ? undefined : endpoint);
  }
  return found;
}

/** The service and definition of an endpoint without method and path. */
function behaviorOf({ fingerprint, origin, connectors }: Endpoint): string | undefined {
  const members = connectors.length === 0 ? undefined : membersOf(fingerprint);
  if (members === undefined) return undefined;
  const { method: _, path: __, ...behavior } = members;
  return canonicalJson([origin.service, behavior]);
}

type Members = Readonly<Record<string, unknown>>;

/** Parses a fingerprint that is a JSON object; undefined where it is another text. */
function membersOf(fingerprint: string): Members | undefined {
  if (!fingerprint.startsWith("{")) return undefined;
  try {
    const members: unknown = JSON.parse(fingerprint);
    return isMembers(members) ? members : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Compares the members of two fingerprints. Members that are objects in both are compared member by member.
 * @param covered the members that other comparisons cover: `path`, `call.action`
 */
function memberDetails(
  before: Members,
  after: Members,
  covered: ReadonlySet<string>,
): readonly ChangeDetail[] {
  return differing(before, after).flatMap((member) => {
    if (covered.has(member)) return [];
    const [one, other] = [own(before, member), own(after, member)];
    if (!isMembers(one) || !isMembers(other)) return [memberDetail(member, one, other)];
    return differing(one, other)
      .filter((inner) => !covered.has(`${member}.${inner}`))
      .map((inner) => memberDetail(`${member}.${inner}`, own(one, inner), own(other, inner)));
  });
}

function memberDetail(member: string, before: unknown, after: unknown): ChangeDetail {
  const what = before === undefined ? "was added" : after === undefined ? "was removed" : "changed";
  return { level: "dangerous", detail: `\`${member}\` ${what}.` };
}

function differing(one: Members, other: Members): string[] {
  const members = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...members].filter((member) => !isEqual(own(one, member), own(other, member))).sort();
}

function own(members: Members, member: string): unknown {
  return Object.hasOwn(members, member) ? members[member] : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
