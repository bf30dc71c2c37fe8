import type { Change } from "./change.ts";
import type { Finding } from "./finding.ts";
import type { ConsoleMessage } from "./sandbox.ts";

/** What became of one attempt to merge a fragment, or to take it out (words page of the specification). */
export type IntegrationState = "queued" | "waiting" | "succeeded" | "failed" | "skipped";

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
