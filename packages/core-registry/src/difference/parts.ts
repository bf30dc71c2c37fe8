import type { Endpoint, Part } from "../contracts/protocol.ts";

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
