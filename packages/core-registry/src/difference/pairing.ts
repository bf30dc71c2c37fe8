import type { Endpoint } from "../contracts/protocol.ts";
import { canonicalJson } from "../fragment/canonical.ts";
import { essenceMembers } from "./fingerprint.ts";
import { type Holders, holdersOf } from "./path.ts";

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
