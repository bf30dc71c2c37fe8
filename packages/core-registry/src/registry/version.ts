import type { Assembled, Protocol } from "../contracts/protocol.ts";
import type { Version, VersionFragment } from "../contracts/version.ts";
import { hash128 } from "../fragment/canonical.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import type { Parts } from "./parts.ts";
import { serviceRules } from "./rules.ts";

/** The id of a version made of fragments with these hashes, in whatever order they are given (S9.4). */
export function versionId(hashes: Iterable<string>): string {
  return hash128([...hashes].sort().join("\n"));
}

/** A version of these fragments and of what the protocols made of them. */
export function makeVersion(
  chosen: ReadonlyMap<string, CompiledFragment>,
  parts: Parts,
  protocols: readonly Protocol[],
  assembled: ReadonlyMap<string, Assembled>,
): Version {
  const id = versionId([...chosen.values()].map(({ hash }) => hash));
  let fragments: readonly VersionFragment[] | undefined;
  const shares = protocols.flatMap(({ key }) => assembled.get(key) ?? []);
  return {
    id,
    name: id.slice(0, 8),
    get fragments() {
      fragments ??= [...chosen.values()].map((fragment) => versionFragment(fragment, parts));
      return fragments;
    },
    routes: shares.flatMap(({ routes }) => routes),
    get endpoints() {
      return shares.flatMap(({ endpoints }) => endpoints);
    },
    rules: serviceRules(chosen),
    assembled,
  };
}

function versionFragment({ service, hash, branch }: CompiledFragment, parts: Parts): VersionFragment {
  const waiting = [...parts.values()].flatMap((byService) => [...(byService.get(service)?.waiting ?? [])]);
  return { service, hash, branch: branch ?? "", waiting };
}
