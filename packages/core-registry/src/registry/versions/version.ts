import type { Assembled, Endpoint, Protocol } from "../../contracts/protocol.ts";
import type { ServiceRules } from "../../contracts/scope.ts";
import type { Version, VersionFragment } from "../../contracts/version.ts";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Parts } from "../merge/assemble.ts";

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
  return new MadeVersion(
    chosen,
    parts,
    protocols.flatMap(({ key }) => assembled.get(key) ?? []),
    assembled,
  );
}

/** A class, and no object with getters of its own: such a one is slow to read, and this one is read by every request. */
class MadeVersion implements Version {
  readonly id: string;
  readonly name: string;
  readonly routes: Version["routes"];
  readonly rules: Version["rules"];
  readonly assembled: Version["assembled"];
  readonly #chosen: ReadonlyMap<string, CompiledFragment>;
  readonly #parts: Parts;
  readonly #shares: readonly Assembled[];
  #fragments: readonly VersionFragment[] | undefined;

  constructor(
    chosen: ReadonlyMap<string, CompiledFragment>,
    parts: Parts,
    shares: readonly Assembled[],
    assembled: Version["assembled"],
  ) {
    this.id = versionId(chosen);
    this.name = this.id.slice(0, 8);
    this.routes = shares.flatMap(({ routes }) => routes);
    this.rules = serviceRules(chosen);
    this.assembled = assembled;
    this.#chosen = chosen;
    this.#parts = parts;
    this.#shares = shares;
  }

  get fragments(): readonly VersionFragment[] {
    this.#fragments ??= [...this.#chosen.values()].map((fragment) => versionFragment(fragment, this.#parts));
    return this.#fragments;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#shares.flatMap(({ endpoints }) => endpoints);
  }
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

/**
 * The rules of a version's services (S7.2). The owner's apply to another fragment's call where either of the two says
 * `policy.owner`: the one that calls, to be as careful as the owner, or the owner, so that nobody goes around its rules.
 */
export function serviceRules(chosen: ReadonlyMap<string, CompiledFragment>): ServiceRules {
  return {
    ownerRules: (service, action, asked) => {
      const gate = chosen.get(service)?.gate;
      return gate !== undefined && (asked || gate.owner) ? gate.rulesFor("call", action) : undefined;
    },
  };
}
