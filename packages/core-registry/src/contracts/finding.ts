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
