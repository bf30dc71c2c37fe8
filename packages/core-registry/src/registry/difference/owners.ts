import type { Endpoint } from "../../contracts/endpoint.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledVersion, VersionPart } from "../versions/compiled-version.ts";
import type { EndpointPair } from "./endpoints.ts";

/**
 * The service of a version that owns an action: the one with the longest name that the action's name begins
 * with. The name decides, since a version does not know which nodes provide the action.
 */
export function ownerOf(action: string, chosen: CompiledVersion["chosen"]): string | undefined {
  for (let at = action.lastIndexOf("."); at > 0; at = action.lastIndexOf(".", at - 1)) {
    const service = action.slice(0, at);
    if (chosen.has(service)) return service;
  }
  return undefined;
}

/** The services whose fragments differ between two versions, as owners of actions. */
export interface ChangedOwners {
  readonly services: ReadonlySet<string>;
  /** Whether a fragment of these services sets `policy.owner`, before or after. */
  readonly anyOwner: boolean;
  readonly before: CompiledVersion;
  readonly after: CompiledVersion;
}

/** Finds the services whose fragments differ between two versions, in one pass. */
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
 * Finds the endpoints of unchanged fragments whose access can have changed: they call an action of a service
 * whose fragment changed, and one of the two fragments sets `policy.owner`.
 *
 * @param parts the parts of one protocol in the version after
 * @param changed services whose parts differ. Their endpoints are compared anyway
 */
export function ownedPairs(
  { services, anyOwner, before, after }: ChangedOwners,
  parts: Parts,
  changed: ReadonlySet<string>,
): EndpointPair[] {
  if (services.size === 0) return [];
  const hasChangedOwner = (action: string): boolean =>
    [before, after].some(({ chosen }) => services.has(ownerOf(action, chosen) ?? ""));
  const pairs: EndpointPair[] = [];
  parts.forEach((part, service) => {
    if (changed.has(service) || !(anyOwner || isOwner(service, after))) return;
    for (const { endpoint, actions } of foreignCalls(part))
      if (actions.some(hasChangedOwner) && !part.waiting.has(endpoint.key))
        pairs.push({ before: endpoint, after: endpoint });
  });
  return pairs;
}

function isOwner(service: string, { chosen }: CompiledVersion): boolean {
  return chosen.get(service)?.gate.owner === true;
}

/** An endpoint that calls actions of other services. */
interface ForeignCall {
  readonly endpoint: Endpoint;
  readonly actions: readonly string[];
}

// Memoized, since a part is compared in many versions.
const foreignCalls = memoize(({ fragmentPart, origin: { service } }: VersionPart): readonly ForeignCall[] =>
  fragmentPart.endpoints.flatMap((endpoint): ForeignCall[] => {
    const actions = endpoint.connectors.flatMap(({ action }) =>
      action === undefined || action.slice(0, action.lastIndexOf(".")) === service ? [] : [action],
    );
    return actions.length === 0 ? [] : [{ endpoint, actions }];
  }),
);

/** The parts of one protocol by service. */
export type Parts = ReadonlyMap<string, VersionPart>;

/** The parts of a version that has none of a protocol. */
export const noParts: Parts = new Map();

/** Finds the services whose fragment or waiting claims differ, in one pass. */
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

/** The endpoints of these services that are served. Waiting ones are left out. */
export function servedEndpoints(parts: Parts, services: Iterable<string>): Endpoint[] {
  const served: Endpoint[] = [];
  for (const service of services) {
    const part = parts.get(service);
    if (part === undefined) continue;
    for (const endpoint of part.fragmentPart.endpoints)
      if (!part.waiting.has(endpoint.key)) served.push(endpoint);
  }
  return served;
}

// Different objects with equal hashes differ in their documentation only (S1.4).
function isSame(one: VersionPart, other: VersionPart | undefined): boolean {
  if (one === other) return true;
  if (other === undefined || one.origin.hash !== other.origin.hash) return false;
  if (one.waiting.size !== other.waiting.size) return false;
  for (const key of one.waiting) if (!other.waiting.has(key)) return false;
  return true;
}
