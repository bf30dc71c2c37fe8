import type { ConsoleMessage } from "./sandbox.ts";

/** What became of one attempt to merge a fragment, or to take it out (words page of the specification). */
export type IntegrationState = "waiting" | "succeeded" | "failed" | "skipped";

/** What goes back to the nodes that published a fragment (S10.1). Plain data. */
export interface Report {
  /** The contract's number. */
  readonly contract: 1;
  /** The gateway that says it. */
  readonly gateway: string;
  /** The service that it is about. */
  readonly service: string;
  /** The branch. */
  readonly branch: string;
  /** The fragment's hash; absent where it could not be read. */
  readonly hash?: string;
  /** `merge`: a fragment came or changed; `remove`: it went; `runtime`: something happened while it was served. */
  readonly occasion: "merge" | "remove" | "runtime";
  /** What became of it. */
  readonly state: IntegrationState;
  /** The version before and after, short names. Equal where nothing changed. */
  readonly from?: string;
  /** The version that serves it now. */
  readonly to?: string;
  /** What was added, removed, changed. */
  readonly changes: readonly Change[];
  /** Errors and warnings with their places. */
  readonly findings: readonly Finding[];
  /** What functions wrote to their console. */
  readonly console: readonly ConsoleMessage[];
  /** Where to try it: paths on the gateway. */
  readonly urls: readonly string[];
  /** All of it as text for a terminal. */
  readonly table: string;
}

/** How much a finding weighs: an error refuses the fragment, a warning is told, information is told too. */
export type Severity = "error" | "warning" | "info";

/** One thing that was found in a fragment (S1), as its developer is told it. Plain data: it travels. */
export interface Finding {
  /** How much it weighs. */
  readonly severity: Severity;
  /** What kind of thing, for programs: `FRAGMENT_INVALID`, `FUNCTION_SYNTAX`, `ROUTE_TAKEN`, ... */
  readonly code: string;
  /** Where in the fragment: `protocol.REST.routes[2].call.action`; empty for the whole. */
  readonly jsonPath: string;
  /** What happened, one sentence. */
  readonly message: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What stood there. */
  readonly found?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** In a text (a function, typeDefs): line, from 1. */
  readonly line?: number;
  /** In a text: column, from 1. */
  readonly column?: number;
  /** The lines around, with a mark under the place. */
  readonly frame?: string;
}

/** A place in one fragment: whose, which, where. Every connector carries one. */
export interface Origin {
  /** The service's full name. */
  readonly service: string;
  /** The fragment's hash (S1.4), 32 hex digits. */
  readonly hash: string;
  /** Where in the fragment. */
  readonly jsonPath: string;
}

/** Whether a client can be hurt: no; perhaps (also: somebody more may call it); yes. */
export type ChangeLevel = "safe" | "dangerous" | "breaking";

/** One difference between two versions. */
export interface Change {
  /** What happened. */
  readonly kind: "added" | "removed" | "changed";
  /** The protocol's or policy's key. */
  readonly plugin: string;
  /** To what: `GET /players/:id`. */
  readonly label: string;
  /** Whether a client can be hurt. */
  readonly level: ChangeLevel;
  /** What exactly, one sentence. */
  readonly detail?: string;
  /** Whose it is (after), or was. */
  readonly service?: string;
}
