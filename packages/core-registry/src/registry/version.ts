import type { Assembled, Protocol } from "../contracts/protocol.ts";
import type { Version, VersionFragment } from "../contracts/version.ts";
import { hash128 } from "../fragment/canonical.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import type { Parts } from "./parts.ts";
import { serviceRules } from "./rules.ts";

/** The id of a version made of these fragments, by the names of their services and so in whatever order they came (S9.4). */
function versionId(fragments: ReadonlyMap<string, CompiledFragment>): string {
  let text = "";
  for (const { hash } of fragments.values()) text += `${hash}\n`;
  return hash128(text);
}

/**
 * A version of these fragments and of what the protocols made of them.
 * @param chosen in the order of their services' names
 */
export function makeVersion(
  chosen: ReadonlyMap<string, CompiledFragment>,
  parts: Parts,
  protocols: readonly Protocol[],
  assembled: ReadonlyMap<string, Assembled>,
): Version {
  const id = versionId(chosen);
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

function versionFragment({ service, hash, branch = "" }: CompiledFragment, parts: Parts): VersionFragment {
  let waiting = none;
  for (const byService of parts.values()) {
    const own = byService.get(service)?.waiting;
    if (own !== undefined && own.size > 0) waiting = [...waiting, ...own];
  }
  return { service, hash, branch, waiting };
}

const none: readonly string[] = [];
