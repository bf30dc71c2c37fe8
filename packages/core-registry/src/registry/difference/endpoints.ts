import type { Endpoint } from "../../contracts/protocol.ts";
import type { Change } from "../../contracts/report.ts";
import { canonicalJson } from "../../runtime/fragment/canonical.ts";
import { type Aspect, changed, isEqual } from "./aspect.ts";
import { connectorsDifference } from "./connectors.ts";
import { type Holders, holdersOf, pathAspects, pathOf, renamedParameters } from "./mapping.ts";

/** What differs between the endpoints of a protocol that does not tell it itself. */
export function endpointChanges(plugin: string, { kept, added, removed, holders }: Pairing): Change[] {
  return [
    ...added.map((one) => unpairedChange(plugin, one, "added")),
    ...removed.map((one) => unpairedChange(plugin, one, "removed")),
    ...kept.flatMap((pair) =>
      pairAspects(pair, holders).map((aspect) => changed(plugin, pair.after, aspect)),
    ),
  ];
}

function unpairedChange(plugin: string, { endpoint, instead }: Unpaired, kind: "added" | "removed"): Change {
  const { label, origin } = endpoint;
  const common = { kind, plugin, label, service: origin.service };
  const level = kind === "added" ? "safe" : "breaking";
  if (instead === undefined) return { ...common, level };
  const time = kind === "added" ? ["was", "before"] : ["is", "now"];
  const other = `\`${instead.endpoint.label}\``;
  return instead.how === "part"
    ? { ...common, level: "dangerous", detail: `It ${time[0]} a part of ${other} ${time[1]}.` }
    : { ...common, level, detail: `It ${time[0]} ${other} ${time[1]}.` };
}

function pairAspects({ before, after }: EndpointPair, holders: () => Holders): readonly Aspect[] {
  const from = before.origin.service;
  const to = after.origin.service;
  const moved: Aspect[] =
    from === to
      ? []
      : [{ level: "dangerous", detail: `It is of the service \`${to}\` now, no longer of \`${from}\`.` }];
  return before.fingerprint === after.fingerprint
    ? moved
    : [...moved, ...essentialAspects(before, after, holders)];
}

function essentialAspects(before: Endpoint, after: Endpoint, holders: () => Holders): readonly Aspect[] {
  const connectors = connectorsDifference(
    before.connectors,
    after.connectors,
    renamedParameters(before, after),
  );
  const aspects = [...pathAspects(before, after, holders), ...connectors.aspects];
  const [was, is] = [essenceMembers(before.fingerprint), essenceMembers(after.fingerprint)];
  if (was === undefined || is === undefined)
    return aspects.length > 0 ? aspects : [{ level: "dangerous", detail: "Its definition differs." }];
  const isPath = was.path === pathOf(before) && is.path === pathOf(after);
  const told = new Set([...connectors.told, ...(isPath ? ["path"] : [])]);
  const all = [...aspects, ...essenceAspects(was, is, told)];
  return all.length > 0
    ? all
    : [{ level: "safe", detail: "It is written in another way, and does the same." }];
}

/** The endpoints of two versions, by what became of them. */
export interface Pairing {
  /** Those that are in both, by their key. */
  readonly kept: readonly EndpointPair[];
  /** Those that are new. */
  readonly added: readonly Unpaired[];
  /** Those that are gone. */
  readonly removed: readonly Unpaired[];
  /** Who answers afterwards. Found when it is asked for. */
  readonly holders: () => Holders;
}

/** One endpoint, before and after. */
export interface EndpointPair {
  /** As it was. */
  readonly before: Endpoint;
  /** As it is. */
  readonly after: Endpoint;
}

/** An endpoint that is in one version only. */
export interface Unpaired {
  /** It. */
  readonly endpoint: Endpoint;
  /** The endpoint of the other version that answers for it there: as a part of its path, or because it moved. */
  readonly instead?: { readonly endpoint: Endpoint; readonly how: "part" | "moved" };
}

/** Finds what belongs together. */
export function pairing(before: readonly Endpoint[], after: readonly Endpoint[]): Pairing {
  const old = new Map(before.map((endpoint) => [endpoint.key, endpoint]));
  const kept: EndpointPair[] = [];
  const fresh: Endpoint[] = [];
  for (const endpoint of after) {
    const known = old.get(endpoint.key);
    if (known === undefined) fresh.push(endpoint);
    else kept.push({ before: known, after: endpoint });
    old.delete(endpoint.key);
  }
  const gone = [...old.values()];
  const moves = movesOf(gone, fresh);
  const formerly = lazy(() => holdersOf(before));
  const holders = lazy(() => holdersOf(after));
  return {
    kept,
    added: fresh.map((endpoint) => unpaired(endpoint, before, formerly, moves.from)),
    removed: gone.map((endpoint) => unpaired(endpoint, after, holders, moves.to)),
    holders,
  };
}

function unpaired(
  endpoint: Endpoint,
  others: readonly Endpoint[],
  holders: () => Holders,
  moved: ReadonlyMap<Endpoint, Endpoint>,
): Unpaired {
  if (others.length === 0) return { endpoint };
  const whole = holders().get(endpoint.key);
  if (whole !== undefined) return { endpoint, instead: { endpoint: whole, how: "part" } };
  const other = moved.get(endpoint);
  return other === undefined ? { endpoint } : { endpoint, instead: { endpoint: other, how: "moved" } };
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

interface Moves {
  readonly to: ReadonlyMap<Endpoint, Endpoint>;
  readonly from: ReadonlyMap<Endpoint, Endpoint>;
}

// One endpoint of a service that goes and one that comes, and both do the same: another method or path of one thing.
function movesOf(gone: readonly Endpoint[], fresh: readonly Endpoint[]): Moves {
  const to = new Map<Endpoint, Endpoint>();
  const from = new Map<Endpoint, Endpoint>();
  if (gone.length === 0 || fresh.length === 0) return { to, from };
  const targets = byDeed(fresh);
  for (const [deed, endpoint] of byDeed(gone)) {
    const target = targets.get(deed);
    if (endpoint === undefined || target === undefined) continue;
    to.set(endpoint, target);
    from.set(target, endpoint);
  }
  return { to, from };
}

// Undefined where several do the same: then it cannot be told which of them moved.
function byDeed(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint | undefined> {
  const found = new Map<string, Endpoint | undefined>();
  for (const endpoint of endpoints) {
    const deed = deedOf(endpoint);
    if (deed !== undefined) found.set(deed, found.has(deed) ? undefined : endpoint);
  }
  return found;
}

function deedOf({ fingerprint, origin, connectors }: Endpoint): string | undefined {
  const members = connectors.length === 0 ? undefined : essenceMembers(fingerprint);
  if (members === undefined) return undefined;
  const { method: _, path: __, ...deed } = members;
  return canonicalJson([origin.service, deed]);
}

/** An fingerprint that is a JSON object, as its members. */
export type EssenceMembers = Readonly<Record<string, unknown>>;

/** The members of an fingerprint; undefined where it is another kind of text. */
export function essenceMembers(fingerprint: string): EssenceMembers | undefined {
  if (!fingerprint.startsWith("{")) return undefined;
  try {
    const members: unknown = JSON.parse(fingerprint);
    return isMembers(members) ? members : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What differs in two fingerprints beside what is told already: member by member, and of members that are objects on both
 * sides, member by member of theirs.
 * @param told the places that are told elsewhere: `path`, `call.action`, `publish`
 */
export function essenceAspects(
  one: EssenceMembers,
  other: EssenceMembers,
  told: ReadonlySet<string>,
): readonly Aspect[] {
  return differing(one, other).flatMap((member) => {
    if (told.has(member)) return [];
    const [mine, yours] = [own(one, member), own(other, member)];
    if (!isMembers(mine) || !isMembers(yours)) return [aspectOf(member, mine, yours)];
    return differing(mine, yours)
      .filter((inner) => !told.has(`${member}.${inner}`))
      .map((inner) => aspectOf(`${member}.${inner}`, own(mine, inner), own(yours, inner)));
  });
}

function differing(one: EssenceMembers, other: EssenceMembers): string[] {
  const members = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...members].filter((member) => !isEqual(own(one, member), own(other, member))).sort();
}

function own(members: EssenceMembers, member: string): unknown {
  return Object.hasOwn(members, member) ? members[member] : undefined;
}

function aspectOf(place: string, before: unknown, after: unknown): Aspect {
  const what = before === undefined ? "is new" : after === undefined ? "is gone" : "differs";
  return { level: "dangerous", detail: `\`${place}\` ${what}.` };
}

function isMembers(value: unknown): value is EssenceMembers {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
