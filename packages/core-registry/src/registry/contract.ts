import type { Broker } from "../contracts/broker.ts";
import type { Clock } from "../contracts/clock.ts";
import type { ContextFactory } from "../contracts/context.ts";
import type { EventSource } from "../contracts/events.ts";
import type { JsonSchema } from "../contracts/json.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Policy } from "../contracts/policy.ts";
import type { Protocol } from "../contracts/protocol.ts";
import type { Change, ChangeLevel, IntegrationState, Report } from "../contracts/report.ts";
import type { Sandbox } from "../contracts/sandbox.ts";
import type { GatewayHealth, NotServed, Served } from "../contracts/server.ts";
import type { Version } from "../contracts/version.ts";
import type { Examples, ExamplesOptions } from "../runtime/examples.ts";

/** What a registry is made of. */
export interface RegistryOptions {
  /** The gateway's name in reports. Default: host name and process id. */
  readonly gateway?: string;
  /** The distributed systems, in order of precedence (S13.2). */
  readonly brokers: readonly Broker[];
  /** The protocols that fragments may use. */
  readonly protocols: readonly Protocol[];
  /** The policies, in the order in which they are asked (S7.2). */
  readonly policies: readonly Policy[];
  /** Policies that were switched off: their rules pass, with a warning in every report (S1.2). Default none. */
  readonly disabledPolicies?: readonly Policy[];
  /** Runs functions. */
  readonly sandbox: Sandbox;
  /** Makes context values. */
  readonly contexts: readonly ContextFactory[];
  /** Paths that no route may lie on, beside the protocols' own (S4.6). Default none. */
  readonly reserved?: readonly string[];
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Seconds between a node's leaving and the removal of what only it published (S9.3). Default 2. */
  readonly debounceSeconds?: number;
  /** The same, for a node that was lost. Default 15. */
  readonly lostSeconds?: number;
  /** Which examples of calls and events are kept (S9.10). Default: the seed's limits. */
  readonly examples?: ExamplesOptions;
  /** What a breaking change does, by branch; `*` for those not named. Default `warn`. */
  readonly breakingChanges?: { readonly [branch: string]: BreakingChanges };
  /** How many versions beside every master's newest are kept compiled (S9.5). Default 20. */
  readonly maxCompiled?: number;
  /** How many versions of a branch can be asked for (S9.5). Default 10. */
  readonly maxVersions?: number;
  /** Seconds until a branch without fragments, or one that nobody uses, is released (S9.5). Default 1800. */
  readonly maxUnusedSeconds?: number;
  /** Seconds after which a broker that has not finished discovery no longer holds up readiness (S12.6). Default 30. */
  readonly readyAfterSeconds?: number;
  /** Services that must be there before the gateway is ready (S12.6). Default none. */
  readonly expect?: readonly string[];
}

/** Branches, versions and integrations: everything between brokers and server (S9). */
export interface Registry {
  /** Starts the sandbox and the brokers, and merges what they find. Resolves when discovery is complete or its time is over. */
  start(): Promise<void>;
  /** Stops merging, then the brokers, then the sandbox. Idempotent. */
  stop(): Promise<void>;
  /** What a branch and a tag name now, as `ServedApi.find` says. */
  find(branch: string, tag: string | undefined): Served | NotServed;
  /** Where events of all brokers come from. */
  readonly events: EventSource;
  /** Examples of calls and events (S9.10). */
  readonly examples: Pick<Examples, "of" | "ofEvent">;
  /** How the gateway does (S12.6). */
  health(): GatewayHealth;
  /** The branches that there are, `master` first. Their versions and services are put together when they are asked for. */
  branches(): readonly BranchStatus[];
  /** The JSON Schema (2020-12) of a whole fragment, composed from the plugins (S1.5). */
  fragmentSchema(): JsonSchema;
  /**
   * What differs between two versions of any branches.
   * @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`
   */
  difference(before: VersionName, after: VersionName): Promise<VersionDifference>;
  /**
   * Holds a branch at a version, or one service of a branch at a fragment, here and on every gateway of the same systems,
   * until it is unpinned. Resolves when it is served here and the others were told.
   * @throws `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`, `FRAGMENT_UNKNOWN`
   */
  pin(pin: Pin): Promise<void>;
  /** Ends a pin. @throws `BRANCH_UNKNOWN`; nothing where there was none */
  unpin(pin: PinTarget): Promise<void>;
  /** What every gateway of the same systems serves now, this one first. Those that do not answer within a second are left out. */
  gateways(): Promise<readonly GatewayStatus[]>;
  /** What would become of a fragment: the report, and nothing is served. */
  check(request: CheckRequest): Promise<Report>;
  /** Tells every report as it is made. Returns what ends it. */
  onReport(listener: (report: Report) => void): () => void;
  /** Tells every version as it begins to be served. Returns what ends it. */
  onSwap(listener: (mounted: VersionSwap) => void): () => void;
  /** Resolves when nothing waits to be merged: timers of S9.3 do not count. */
  settled(): Promise<void>;
}

/** What a branch does with a breaking change of a fragment that it holds: nothing, a warning in the report, or refuse it. */
export type BreakingChanges = "off" | "warn" | "block";

/** A version by its names. */
export interface VersionName {
  /** The branch. */
  readonly branch: string;
  /** The tag: `latest`, or 8 to 32 hex digits. */
  readonly tag: string;
}

/** What differs between two versions. Plain data. */
export interface VersionDifference {
  /** The version that it starts from. */
  readonly before: VersionName;
  /** The version that it leads to. */
  readonly after: VersionName;
  /** The heaviest level of the changes; `none` where nothing differs. */
  readonly level: ChangeLevel | "none";
  /** The differences, heaviest first. */
  readonly changes: readonly Change[];
}

/** What a pin is on. */
export interface PinTarget {
  /** The branch. */
  readonly branch: string;
  /** One service of it. Absent: the branch as a whole. */
  readonly service?: string;
}

/** What is held where. */
export interface Pin extends PinTarget {
  /** What it is held at: of a branch a version's tag, of a service a fragment's hash, 8 to 32 hex digits. */
  readonly to: string;
}

/** A gateway as others see it. */
export interface GatewayStatus {
  /** Its name. */
  readonly gateway: string;
  /** The newest version's id by branch. */
  readonly versions: { readonly [branch: string]: string };
}

/** A fragment to try. */
export interface CheckRequest {
  /** The fragment, not checked. */
  readonly fragment: unknown;
  /** The service that would publish it. */
  readonly service: string;
  /** The branch. Default: the fragment's. */
  readonly branch?: string;
}

/** A version began to be served. */
export interface VersionSwap {
  /** Where. */
  readonly branch: string;
  /** What. */
  readonly version: Version;
  /** What was served before. */
  readonly previous: Version | undefined;
  /** What differs. */
  readonly changes: readonly Change[];
}

/** A branch for `/~status` (S9.9). */
export interface BranchStatus {
  /** Its name. */
  readonly branch: string;
  /** When a request used it last: ISO 8601; null when none did. */
  readonly latestUsedAt: string | null;
  /** The branch that it builds on: `master`, or null for master itself. */
  readonly parent: string | null;
  /** The newest version's tag; null while there is none. */
  readonly latestVersion: string | null;
  /** What is held where (S9.4). */
  readonly pins: readonly Pin[];
  /** What more than one service claims, and who holds it (S9.4). */
  readonly contested: readonly ContestedClaim[];
  /** Newest first. */
  readonly versions: readonly VersionStatus[];
  /** The services that it shows. */
  readonly services: readonly ServiceStatus[];
}

/** Something that more than one service claims. */
export interface ContestedClaim {
  /** What: `REST GET /players/:`. */
  readonly claim: string;
  /** The service that has it. */
  readonly owner: string;
  /** The services that want it. */
  readonly claimants: readonly string[];
}

/** A version for `/~status`. */
export interface VersionStatus {
  /** The tag: 8 hex digits. */
  readonly version: string;
  /** 32 hex digits. */
  readonly fullVersion: string;
  /** What it serves, as people write it. */
  readonly routes: readonly string[];
  /** What led to it. */
  readonly integrations: readonly IntegrationStatus[];
}

/** An integration for `/~status`. */
export interface IntegrationStatus {
  /** What was tried. */
  readonly type: "merge" | "remove";
  /** What became of it. */
  readonly state: IntegrationState;
  /** Whose. */
  readonly service: string;
  /** Which. */
  readonly hash: string;
  /** When: ISO 8601. */
  readonly at: string;
  /** Errors, one line each. */
  readonly errors: readonly string[];
}

/** A service for `/~status`. */
export interface ServiceStatus {
  /** Full name. */
  readonly service: string;
  /** `gone` while its removal waits (S9.3). */
  readonly state: "up" | "gone";
  /** The fragment that is served, or null. */
  readonly hash: string | null;
  /** Its nodes. */
  readonly nodes: readonly string[];
  /** Claims that somebody else holds: contested (S9.4). */
  readonly contested: readonly string[];
}
