import type { Change } from "../contracts/change.ts";
import type { Assembled, Endpoint, Protocol } from "../contracts/protocol.ts";
import type { Version } from "../contracts/version.ts";

const nothing: Assembled = { routes: [], endpoints: [] };

/** What differs between two versions, in the protocols' own words; `before` undefined: everything is new. */
export function difference(
  before: Version | undefined,
  after: Version | undefined,
  protocols: readonly Protocol[],
): readonly Change[] {
  if (before?.id === after?.id) return [];
  return protocols.flatMap((protocol) => {
    const one = before?.assembled.get(protocol.key) ?? nothing;
    const other = after?.assembled.get(protocol.key) ?? nothing;
    return protocol.diff?.(one, other) ?? endpointDifference(protocol.key, one.endpoints, other.endpoints);
  });
}

/** What differs between two lists of endpoints: by key, then by essence. */
export function endpointDifference(
  plugin: string,
  before: readonly Endpoint[],
  after: readonly Endpoint[],
): Change[] {
  const old = new Map(before.map((endpoint) => [endpoint.key, endpoint]));
  const changes: Change[] = [];
  for (const endpoint of after) {
    const known = old.get(endpoint.key);
    old.delete(endpoint.key);
    if (known === undefined) changes.push({ ...named(plugin, endpoint), kind: "added", level: "safe" });
    else if (known !== endpoint && known.essence !== endpoint.essence) {
      changes.push({ ...named(plugin, endpoint), kind: "changed", level: "dangerous" });
    }
  }
  for (const endpoint of old.values())
    changes.push({ ...named(plugin, endpoint), kind: "removed", level: "breaking" });
  return changes;
}

function named(plugin: string, endpoint: Endpoint): { plugin: string; label: string; service: string } {
  return { plugin, label: endpoint.label, service: endpoint.origin.service };
}
