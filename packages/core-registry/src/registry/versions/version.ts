import type { Endpoint } from "../../contracts/endpoint.ts";
import type { Assembled, ProtocolVersion } from "../../contracts/protocol.ts";
import type { Route } from "../../contracts/route.ts";
import type { ServiceRules } from "../../contracts/scope.ts";
import type { RouteOrigin, Version, VersionFragment } from "../../contracts/version.ts";
import type { LoadedProtocol } from "../../runtime/boundary/load-protocol.ts";
import { hash128 } from "../../runtime/fragment/canonical.ts";
import { memoize } from "../../runtime/memoize.ts";
import { routeKeys } from "../../runtime/routing/routes.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Parts, VersionPart } from "./compiled-version.ts";

/**
 * Creates a version from its fragments and from what the protocols made of them (S9.4).
 * @param chosen in the order of the services' names: the id must not depend on the order of arrival
 */
export function createVersion(
  chosen: ReadonlyMap<string, CompiledFragment>,
  parts: Parts,
  protocols: readonly LoadedProtocol[],
  assembled: ReadonlyMap<string, Assembled>,
): Version {
  return new ImmutableVersion(
    chosen,
    parts,
    new Map(
      protocols.map(({ name }) => [
        name,
        new PartsOfProtocol(parts.get(name) ?? noParts, assembled.get(name)),
      ]),
    ),
  );
}

const noParts: ReadonlyMap<string, VersionPart> = new Map();

/** A class, because every request reads it: V8 reads object literals with getters slowly. */
class ImmutableVersion implements Version {
  readonly id: string;
  readonly name: string;
  readonly routes: Version["routes"];
  readonly rules: Version["rules"];
  readonly protocols: ReadonlyMap<string, PartsOfProtocol>;
  readonly #chosen: ReadonlyMap<string, CompiledFragment>;
  readonly #parts: Parts;
  #fragments: readonly VersionFragment[] | undefined;

  constructor(
    chosen: ReadonlyMap<string, CompiledFragment>,
    parts: Parts,
    protocols: ReadonlyMap<string, PartsOfProtocol>,
  ) {
    this.id = versionId(chosen);
    this.name = this.id.slice(0, 8);
    this.routes = [...protocols.values()].flatMap((protocol) => protocol.routes());
    this.rules = serviceRules(chosen);
    this.protocols = protocols;
    this.#chosen = chosen;
    this.#parts = parts;
  }

  get fragments(): readonly VersionFragment[] {
    this.#fragments ??= [...this.#chosen.values()].map((fragment) => versionFragment(fragment, this.#parts));
    return this.#fragments;
  }

  get endpoints(): readonly Endpoint[] {
    return [...this.protocols.values()].flatMap(({ endpoints }) => endpoints);
  }

  routeOrigin(route: Route): RouteOrigin | undefined {
    for (const [protocol, share] of this.protocols) {
      const origin = share.originOf(route);
      if (origin !== undefined) return { protocol, service: origin.service };
    }
    return undefined;
  }
}

/** The share of one protocol: the routes and endpoints of its parts, and what it assembled of them. */
class PartsOfProtocol implements ProtocolVersion {
  readonly assembled: Assembled | undefined;
  readonly #parts: ReadonlyMap<string, VersionPart>;

  constructor(parts: ReadonlyMap<string, VersionPart>, assembled: Assembled | undefined) {
    this.#parts = parts;
    this.assembled = assembled;
  }

  /** Slices of routes: versions with the same part have the same array. */
  routes(): (readonly Route[])[] {
    const slices: (readonly Route[])[] = [];
    // `forEach` allocates no array for each protocol: a change must not cost garbage for every service.
    this.#parts.forEach((part) => {
      const routes = servedRoutes(part);
      if (routes.length > 0) slices.push(routes);
    });
    const assembled = this.assembled?.routes ?? [];
    return assembled.length > 0 ? [...slices, assembled] : slices;
  }

  originOf(route: Route): { readonly service: string | undefined } | undefined {
    if (this.assembled?.routes?.includes(route) === true) return { service: undefined };
    for (const [service, { fragmentPart }] of this.#parts)
      if (fragmentPart.routes.includes(route)) return { service };
    return undefined;
  }

  get endpoints(): readonly Endpoint[] {
    return [...this.#parts.values()].flatMap(({ fragmentPart: { endpoints }, waiting }) =>
      waiting.size === 0 ? endpoints : endpoints.filter(({ key }) => !waiting.has(key)),
    );
  }
}

function servedRoutes(part: VersionPart): readonly Route[] {
  return part.waiting.size === 0 ? part.fragmentPart.routes : withoutWaiting(part);
}

// Memoized, since versions share a part that did not change, and a router is cached per slice.
const withoutWaiting = memoize(({ fragmentPart: { routes }, waiting }: VersionPart): readonly Route[] =>
  routes.filter((route) => !routeKeys(route).some((key) => waiting.has(key))),
);

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
