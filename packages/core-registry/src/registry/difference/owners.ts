import type { Endpoint, Part } from "../../contracts/protocol.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import type { EndpointPair } from "./endpoints.ts";

/**
 * The service of a version that an action is of, by its name: the longest that the name begins with. A version does not
 * know which nodes there are, and so not who publishes an action without a fragment's help.
 */
export function ownerOf(action: string, chosen: CompiledVersion["chosen"]): string | undefined {
  for (let at = action.lastIndexOf("."); at > 0; at = action.lastIndexOf(".", at - 1)) {
    const service = action.slice(0, at);
    if (chosen.has(service)) return service;
  }
  return undefined;
}

/** Services whose fragments differ, as owners of actions. */
export interface ChangedOwners {
  /** The services. */
  readonly services: ReadonlySet<string>;
  /** Whether one of them says `policy.owner`, before or after. */
  readonly anyOwner: boolean;
  /** The version before. */
  readonly before: CompiledVersion;
  /** The version after. */
  readonly after: CompiledVersion;
}

/** The services whose fragments differ. One pass. */
export function changedOwners(before: CompiledVersion, after: CompiledVersion): ChangedOwners {
  const services = new Set<string>();
  before.chosen.forEach((fragment, service) => {
    const other = after.chosen.get(service);
    if (fragment !== other && fragment.hash !== other?.hash) services.add(service);
  });
  after.chosen.forEach((_, service) => {
    if (!before.chosen.has(service)) services.add(service);
  });
  const anyOwner = [...services].some((service) => isOwner(service, before) || isOwner(service, after));
  return { services, anyOwner, before, after };
}

/**
 * The endpoints of fragments that did not change, but call an action of a service whose fragment did, where either of the
 * two says `policy.owner`: what is asked before they are reached may have changed.
 *
 * @param parts the parts of one protocol after
 * @param changed the services whose parts differ: their endpoints are looked at anyway
 */
export function ownedPairs(
  { services, anyOwner, before, after }: ChangedOwners,
  parts: Parts,
  changed: ReadonlySet<string>,
): EndpointPair[] {
  if (services.size === 0) return [];
  const isTouched = (action: string): boolean =>
    [before, after].some(({ chosen }) => services.has(ownerOf(action, chosen) ?? ""));
  const pairs: EndpointPair[] = [];
  parts.forEach((part, service) => {
    if (changed.has(service) || !(anyOwner || isOwner(service, after))) return;
    for (const { endpoint, actions } of foreignCalls(part))
      if (actions.some(isTouched) && !part.waiting.has(endpoint.key))
        pairs.push({ before: endpoint, after: endpoint });
  });
  return pairs;
}

function isOwner(service: string, { chosen }: CompiledVersion): boolean {
  return chosen.get(service)?.gate.owner === true;
}

interface ForeignCall {
  readonly endpoint: Endpoint;
  readonly actions: readonly string[];
}

// A part is made once and compared often.
const foreignCalls = memoize(({ compiled, origin: { service } }: Part): readonly ForeignCall[] =>
  compiled.endpoints.flatMap((endpoint): ForeignCall[] => {
    const actions = endpoint.connectors.flatMap(({ action }) =>
      action === undefined || action.slice(0, action.lastIndexOf(".")) === service ? [] : [action],
    );
    return actions.length === 0 ? [] : [{ endpoint, actions }];
  }),
);

/** The parts of one protocol by service. */
export type Parts = ReadonlyMap<string, Part>;

/** No parts. */
export const noParts: Parts = new Map();

/** The services whose part is not the same on both sides: another fragment, or other claims that wait. One pass. */
export function changedServices(before: Parts, after: Parts): ReadonlySet<string> {
  const changed = new Set<string>();
  before.forEach((part, service) => {
    if (!isSame(part, after.get(service))) changed.add(service);
  });
  after.forEach((_, service) => {
    if (!before.has(service)) changed.add(service);
  });
  return changed;
}

/** The endpoints of some services that are served. */
export function servedEndpoints(parts: Parts, services: Iterable<string>): Endpoint[] {
  const served: Endpoint[] = [];
  for (const service of services) {
    const part = parts.get(service);
    if (part === undefined) continue;
    for (const endpoint of part.compiled.endpoints)
      if (!part.waiting.has(endpoint.key)) served.push(endpoint);
  }
  return served;
}

// Equal hashes in other objects: only what documents differs (S1.4).
function isSame(one: Part, other: Part | undefined): boolean {
  if (one === other) return true;
  if (other === undefined || one.origin.hash !== other.origin.hash) return false;
  if (one.waiting.size !== other.waiting.size) return false;
  for (const key of one.waiting) if (!other.waiting.has(key)) return false;
  return true;
}
