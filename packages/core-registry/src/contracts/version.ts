import type { Endpoint } from "./endpoint.ts";
import type { ProtocolVersion } from "./protocol.ts";
import type { Route } from "./route.ts";
import type { ServiceRules } from "./scope.ts";

/** The immutable, compiled API of one branch. Its fragments determine its id (S9.4). */
export interface Version {
  /** The first 128 bits of the SHA-256 of its fragments' hashes: 32 hex digits. */
  readonly id: string;
  /** The first 8 digits of the id, which are the version's tag. */
  readonly name: string;
  /** Its fragments, ordered by service name. */
  readonly fragments: readonly VersionFragment[];
  /**
   * All served routes, in slices. Versions that contain the same fragment share its slice as the same array,
   * so that a router can be cached per slice.
   */
  readonly routes: readonly (readonly Route[])[];
  /** All served endpoints. Computed when they are read. */
  readonly endpoints: readonly Endpoint[];
  /** The rules of its services (S7.2). */
  readonly rules: ServiceRules;
  /** The share of each protocol, by its name. */
  readonly protocols: ReadonlyMap<string, ProtocolVersion>;
  /** Finds what a served route comes from, to name it where it fails. Costs a search. */
  routeOrigin(route: Route): RouteOrigin | undefined;
}

/** What a served route comes from. */
export interface RouteOrigin {
  /** The name of the protocol that made it. */
  readonly protocol: string;
  /** The service whose fragment defines it; undefined for a route of the protocol itself. */
  readonly service: string | undefined;
}

/** One of the fragments from which a version was made. */
export interface VersionFragment {
  readonly service: string;
  readonly hash: string;
  /** The branch to which the fragment belongs. */
  readonly branch: string;
  /** Keys of its claims that wait for claims of other services (S5.8). */
  readonly waiting: readonly string[];
}
