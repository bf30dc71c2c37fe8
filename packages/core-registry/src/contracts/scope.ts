import type { CallScope } from "./call-scope.ts";
import type { DirectorySnapshot } from "./directory.ts";
import type { EventSource } from "./events.ts";

/**
 * What one request carries to everything that serves it. Made at dispatch, from two immutable things: the version
 * and the branch's directory snapshot. What compiling a fragment returns knows none of it.
 */
export interface Scope extends CallScope {
  /** The version that serves it, 32 hex digits. */
  readonly version: string;
  /** The gateway's path prefix of this request: empty, or `/~branch`, or `/~branch@tag`. */
  readonly base: string;
  /** Which actions and services there are, seen from the branch, when the request was dispatched. */
  readonly directory: DirectorySnapshot;
  /** The rules of the version's services: who owns an action may ask that they apply (S7.2). */
  readonly rules: ServiceRules;
  /** Where events come from. */
  readonly events: EventSource;
  /** One value per request and key, made the first time: verdicts and batches live here. */
  memo<Value>(key: object, make: () => Value): Value;
  /** A scope for one request of a connection: own context, own memo, the newest directory. */
  fork(change: ScopeChange): Scope;
  /** The request is over: closes its context and its timer. For who made or forked it. Idempotent, never throws. */
  end(): void;
}

/** The rules of a version's services, by service. */
export interface ServiceRules {
  /**
   * What the service that owns an action has against its being called; undefined: nothing.
   * @param asked whether the fragment that calls it says `policy.owner`
   */
  ownerRules(service: string, action: string, asked: boolean): OwnerRules | undefined;
}

/** The owner's rules of one action. */
export interface OwnerRules {
  /** Asks them. Undefined where they allowed it at once, else a promise. Throws or rejects as the fragment's own rules do. */
  check(params: unknown, scope: Scope): Promise<void> | undefined;
}

/** What differs in a forked scope. */
export interface ScopeChange {
  /** Default: the parent's. */
  readonly directory?: DirectorySnapshot;
  /** Default: the parent's. */
  readonly version?: string;
  /** The rules of another version's services. Default: the parent's. */
  readonly rules?: ServiceRules;
  /** Default: none. */
  readonly deadline?: number;
  /** Ends the fork alone; the parent's end ends it too. */
  readonly signal?: AbortSignal;
}
