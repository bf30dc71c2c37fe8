import type { Assembled, Endpoint } from "./protocol.ts";
import type { Route } from "./route.ts";
import type { ServiceRules } from "./scope.ts";

/** An immutable, compiled API of one branch, named by what went into it (S9.4). */
export interface Version {
  /** 128 bits of SHA-256 over its fragments: 32 hex digits. */
  readonly id: string;
  /** The first 8 digits: the tag. */
  readonly name: string;
  /** The fragments that it is made of, by service name. */
  readonly fragments: readonly VersionFragment[];
  /**
   * Everything that it serves, in slices. A slice is the same array in every version that holds the fragment it is of:
   * what is made of it (a router) can be kept.
   */
  readonly routes: readonly (readonly Route[])[];
  /** Everything that it serves, described. Put together when it is asked for. */
  readonly endpoints: readonly Endpoint[];
  /** The rules of its services (S7.2). */
  readonly rules: ServiceRules;
  /** Each protocol's share, by key. */
  readonly assembled: ReadonlyMap<string, Assembled>;
}

/** One fragment of a version. */
export interface VersionFragment {
  /** The service. */
  readonly service: string;
  /** The fragment's hash. */
  readonly hash: string;
  /** The branch that the fragment is of. */
  readonly branch: string;
  /** Keys of its claims that wait for somebody else's (S5.8). */
  readonly waiting: readonly string[];
}
