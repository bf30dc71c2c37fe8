/** The result of merging or removing a fragment. */
export type IntegrationState = "waiting" | "succeeded" | "failed" | "skipped";

/** The report that the nodes which published a fragment receive (S10.1). Plain data. */
export interface Report {
  readonly contract: 1;
  /** The name of the gateway that sends the report. */
  readonly gateway: string;
  readonly service: string;
  readonly branch: string;
  /** The fragment's hash; absent where the fragment could not be read. */
  readonly hash?: string;
  /**
   * `merge`: the fragment is new or changed; `remove`: it was removed; `runtime`: an error or a console
   * message in use.
   */
  readonly occasion: "merge" | "remove" | "runtime";
  readonly state: IntegrationState;
  /** The short name of the version before. Equal to `to` where nothing changed. */
  readonly from?: string;
  /** The short name of the version that serves the fragment now. */
  readonly to?: string;
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  /** The console messages of the fragment's functions. */
  readonly console: readonly ConsoleMessage[];
  /**
   * The URLs where the fragment can be tried: `http://127.0.0.1:8080/players`, with the method before it
   * where that is not GET.
   */
  readonly urls: readonly string[];
  /** The whole report as text for a terminal. */
  readonly table: string;
}

/** The severity of a finding. An error refuses the fragment. */
export type Severity = "error" | "warning" | "info";

/** One problem of a fragment (S1), as its developer reads it. Plain data. */
export interface Finding {
  readonly severity: Severity;
  /** The kind of problem, for programs: `FRAGMENT_INVALID`, `FUNCTION_SYNTAX`, `ROUTE_TAKEN`, ... */
  readonly code: string;
  /**
   * The place in the fragment, such as `protocol.REST.routes[2].call.action`; empty for the whole fragment.
   */
  readonly jsonPath: string;
  /** States in one sentence what is wrong. */
  readonly message: string;
  /** The values that are valid at this place. */
  readonly expected?: string;
  /** The value that stands at this place, as text. */
  readonly found?: string;
  /** States what the developer can do. */
  readonly hint?: string;
  /** The id of the request in which it occurred first (S12.7); only in reports at runtime. */
  readonly requestId?: string;
  /** The line in a text (a function, typeDefs), from 1. */
  readonly line?: number;
  /** The column in a text, from 1. */
  readonly column?: number;
  /** The lines around the place, with a mark below it. */
  readonly frame?: string;
  /** The correction, where there is only one that makes sense. `tidegate check --fix` applies it. */
  readonly fix?: FindingFix;
}

/** A correction at the JSON path of a finding: another name for the member, or another text as its value. */
export type FindingFix = { readonly rename: string } | { readonly value: string };

/** Names a place in one fragment. */
export interface Origin {
  readonly service: string;
  /** The fragment's hash (S1.4), 32 hex digits. */
  readonly hash: string;
  readonly jsonPath: string;
}

/** Whether a change can break clients: no; perhaps, or it gives more clients access; yes. */
export type ChangeLevel = "safe" | "dangerous" | "breaking";

/** Describes one difference between two versions of a branch. */
export interface Change {
  readonly kind: "added" | "removed" | "changed";
  /** The key of the protocol or policy. */
  readonly plugin: string;
  /** The changed endpoint or definition, such as `GET /players/:id`. */
  readonly label: string;
  readonly level: ChangeLevel;
  /** Describes in one sentence what differs. */
  readonly detail?: string;
  /** The service that owns it; for a removal, the service that owned it. */
  readonly service?: string;
}

/** One console message of a function (S10.1). */
interface ConsoleMessage {
  readonly level: "debug" | "log" | "info" | "warn" | "error";
  /** The JSON path of the function. */
  readonly jsonPath: string;
  /** The message, with secrets redacted and truncated to the limit. */
  readonly text: string;
}
