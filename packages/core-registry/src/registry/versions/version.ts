import type { Assembled, Endpoint, Protocol } from "../../contracts/protocol.ts";
import type { ServiceRules } from "../../contracts/scope.ts";
import type { Version, VersionFragment } from "../../contracts/version.ts";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Parts } from "./compiled-version.ts";

/**
 * Creates a version from its fragments and from what the protocols made of them (S9.4).
 * @param chosen in the order of the services' names: the id must not depend on the order of arrival
 */
export function createVersion(
  chosen: ReadonlyMap<string, CompiledFragment>,
  parts: Parts,
  protocols: readonly Protocol[],
  assembled: ReadonlyMap<string, Assembled>,
): Version {
  return new ImmutableVersion(
    chosen,
    parts,
    protocols.flatMap(({ key }) => assembled.get(key) ?? []),
    assembled,
  );
}

/** A class, because every request reads it: V8 reads object literals with getters slowly. */
class ImmutableVersion implements Version {
  readonly id: string;
  readonly name: string;
  readonly routes: Version["routes"];
  readonly rules: Version["rules"];
  readonly assembled: Version["assembled"];
  readonly #chosen: ReadonlyMap<string, CompiledFragment>;
  readonly #parts: Parts;
  readonly #wholes: readonly Assembled[];
  #fragments: readonly VersionFragment[] | undefined;

  constructor(
    chosen: ReadonlyMap<string, CompiledFragment>,
    parts: Parts,
    wholes: readonly Assembled[],
    assembled: Version["assembled"],
  ) {
    this.id = versionId(chosen);
    this.name = this.id.slice(0, 8);
    this.routes = wholes.flatMap(({ routes }) => routes);
    this.rules = serviceRules(chosen);
    this.assembled = assembled;
    this.#chosen = chosen;
    this.#parts = parts;
    this.#wholes = wholes;
  }

  get fragments(): readonly VersionFragment[] {
    this.#fragments ??= [...this.#chosen.values()].map((fragment) => versionFragment(fragment, this.#parts));
    return this.#fragments;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#wholes.flatMap(({ endpoints }) => endpoints);
  }
}

function versionId(fragments: ReadonlyMap<string, CompiledFragment>): string {
  let text = "";
  for (const { hash } of fragments.values()) text += `${hash}\n`;
  return hash128(text);
}

function versionFragment({ service, hash, branch = "" }: CompiledFragment, parts: Parts): VersionFragment {
  let waiting = noClaims;
  for (const byService of parts.values()) {
    const own = byService.get(service)?.waiting;
    if (own !== undefined && own.size > 0) waiting = [...waiting, ...own];
  }
  return { service, hash, branch, waiting };
}

const noClaims: readonly string[] = [];

/**
 * The rules of a version's services (S7.2). The rules of an action's owner apply to the call of another
 * fragment where `policy.owner` is set by the caller, to be as careful as the owner, or by the owner, so that
 * no caller avoids its rules.
 */
export function serviceRules(chosen: ReadonlyMap<string, CompiledFragment>): ServiceRules {
  return {
    ownerRules: (service, action, isAsked) => {
      const gate = chosen.get(service)?.gate;
      return gate !== undefined && (isAsked || gate.owner) ? gate.rulesFor("call", action) : undefined;
    },
  };
}
