import type { Assembled, Protocol } from "../contracts/protocol.ts";
import type { ServiceRules } from "../contracts/scope.ts";
import type { Version, VersionFragment } from "../contracts/version.ts";
import { hash128 } from "../fragment/canonical.ts";

/** The id of a version made of these fragments, in whatever order they are given (S9.4). */
export function versionId(hashes: Iterable<string>): string {
  return hash128([...hashes].sort().join("\n"));
}

/** A version of these fragments and of what the protocols made of them. */
export function makeVersion(
  fragments: readonly VersionFragment[],
  rules: ServiceRules,
  protocols: readonly Protocol[],
  assembled: ReadonlyMap<string, Assembled>,
): Version {
  const id = versionId(fragments.map(({ hash }) => hash));
  const shares = protocols.flatMap(({ key }) => assembled.get(key) ?? []);
  return {
    id,
    name: id.slice(0, 8),
    fragments,
    routes: shares.flatMap(({ routes }) => routes),
    endpoints: shares.flatMap(({ endpoints }) => endpoints),
    rules,
    assembled,
  };
}
