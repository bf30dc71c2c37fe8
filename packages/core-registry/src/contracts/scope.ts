import type { CallScope } from "./call-scope.ts";
import type { DirectorySnapshot } from "./directory.ts";
import type { EventSource } from "./events.ts";

/**
 * Everything that belongs to one request. The server creates it at dispatch from two immutable objects: the
 * version and the branch's directory snapshot. Compiled fragments do not refer to a scope.
 */
export interface Scope extends CallScope {
  /** The id of the version that serves the request, 32 hex digits. */
  readonly version: string;
  /** The path prefix of the request: empty, `/~branch`, or `/~branch@tag`. */
  readonly base: string;
  /** The services and actions that the branch could reach when the request was dispatched. */
  readonly directory: DirectorySnapshot;
  /**
   * The rules of the version's services. The owner of a called action can demand that its rules apply (S7.2).
   */
  readonly rules: ServiceRules;
  readonly events: EventSource;
  /**
   * Returns the value of a key, and creates it on the first call. Stores verdicts and batches for the
   * request.
   */
  memo<Value>(key: object, make: () => Value): Value;
  /**
   * Writes a failure of 500 or more to the log (S12.5). Only for failures that the protocol answers itself,
   * as part of a reply: the server logs what a route throws. The log is bounded, so that a protocol can call
   * this for every failure; those below 500 are ignored.
   * @param place where in the request it failed, such as a field of GraphQL
   */
  logFailure(error: unknown, place?: string): void;
  /**
   * Creates the scope of one request of a connection: with its own context and memo, and with these changes.
   */
  fork(change: ScopeChange): Scope;
  /**
   * Closes the context and stops the timer. Called by the code that created or forked the scope. Idempotent,
   * never throws.
   */
  end(): void;
}

/** The access rules of all services of a version. */
export interface ServiceRules {
  /**
   * Returns the rules with which the owner of an action protects it; undefined where none apply.
   * @param service the owner of the action
   * @param requested whether the calling fragment has `policy.owner: true`
   */
  ownerRules(service: string, action: string, requested: boolean): OwnerRules | undefined;
}

/** The owner's rules for one action. */
export interface OwnerRules {
  /**
   * Returns undefined where the rules allow the call at once, otherwise a promise. Throws or rejects where
   * they deny it.
   */
  check(params: unknown, scope: Scope): Promise<void> | undefined;
}

/** The differences between a forked scope and its parent. */
export interface ScopeChange {
  readonly directory?: DirectorySnapshot;
  readonly version?: string;
  /** The rules of another version's services. Default: the parent's. */
  readonly rules?: ServiceRules;
  /** Milliseconds since the epoch. Default: none. */
  readonly deadline?: number;
  /** Ends only the fork. The end of the parent ends the fork too. */
  readonly signal?: AbortSignal;
}
