import type { Broker, BrokerHealth } from "../contracts/broker.ts";
import type { Clock } from "../contracts/clock.ts";
import type { ContextFactory } from "../contracts/context.ts";
import type { EventSource } from "../contracts/events.ts";
import type { JsonSchema } from "../contracts/json.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Policy } from "../contracts/policy.ts";
import type { Documents, Protocol } from "../contracts/protocol.ts";
import type { Change, ChangeLevel, IntegrationState, Report } from "../contracts/report.ts";
import type { Sandbox } from "../contracts/sandbox.ts";
import type { GatewayHealth, Listening, NotServed, Served } from "../contracts/server.ts";
import type { Version } from "../contracts/version.ts";
import type { Examples, ExamplesOptions } from "../runtime/examples.ts";

/** What a registry is made of. */
export interface RegistryOptions {
  /** The gateway's name in reports. Default: host name and process id. */
  readonly gateway?: string;
  /** In order of precedence (S13.2). */
  readonly brokers: readonly Broker[];
  readonly protocols: readonly Protocol[];
  /** In the order in which they decide (S7.2). */
  readonly policies: readonly Policy[];
  /**
   * Policies that are switched off: their rules pass, with a warning in every report (S1.2). Default none.
   */
  readonly disabledPolicies?: readonly Policy[];
  readonly sandbox: Sandbox;
  readonly contexts: readonly ContextFactory[];
  /** Paths that no route can use, beside the protocols' own (S4.6). Default none. */
  readonly reserved?: readonly string[];
  /** Seconds that a plugin has for one call of a member (S17). Default 10. */
  readonly pluginTimeoutSeconds?: number;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * Seconds between the graceful leave of a node and the removal of what only that node published (S9.3).
   * Default 2.
   */
  readonly debounceSeconds?: number;
  /** The same for a node that was lost. Default 15. */
  readonly lostSeconds?: number;
  /** Which examples of calls and events are kept (S9.10). */
  readonly examples?: ExamplesOptions;
  /** What a breaking change does, by branch; `*` stands for all other branches. Default `warn`. */
  readonly breakingChanges?: { readonly [branch: string]: BreakingChanges };
  /**
   * How many branches and older versions are compiled at once, beside master's newest version (S9.5). Default
   * 20.
   */
  readonly maxCompiled?: number;
  /** How many versions of each branch can be asked for (S9.5). Default 10. */
  readonly maxVersions?: number;
  /**
   * Seconds until a branch that no request uses, or that has no fragment, is released (S9.5). Default 1800.
   */
  readonly maxUnusedSeconds?: number;
  /**
   * Seconds after which a broker that has not finished discovery does not delay readiness any more (S12.6).
   * Default 30.
   */
  readonly readyAfterSeconds?: number;
  /** Services that must be there before the gateway is ready (S12.6). Default none. */
  readonly expect?: readonly string[];
  /**
   * The open listeners: reports show URLs of the first one (S10.1). Default: none, and reports show paths.
   */
  readonly listening?: () => readonly Listening[];
}

/** A broker as `/~status` shows it (S9.9). */
export interface BrokerStatus extends Partial<BrokerHealth> {
  readonly broker: string;
}

/** Branches, versions and integrations: everything between brokers and server (S9). */
export interface Registry {
  /**
   * Starts the sandbox and the brokers, and merges the fragments that they discover. Resolves when discovery
   * is complete, or when its time is over.
   */
  start(): Promise<void>;
  /** Stops merging, then the brokers, then the sandbox. Can be called more than once. */
  stop(): Promise<void>;
  /** What a branch and a tag name now; see `ServedApi.find`. Called for every request. */
  find(branch: string, tag: string | undefined): Served | NotServed;
  readonly events: EventSource;
  /** The context factories of the gateway and of its protocols, for the server. */
  readonly contexts: readonly ContextFactory[];
  /** Examples of calls and events (S9.10). */
  readonly examples: Pick<Examples, "of" | "ofEvent">;
  /** The state of the gateway (S12.6). */
  health(): GatewayHealth;
  /** The connections of the brokers, in the configured order, with the actions that they do not call. */
  brokers(): readonly BrokerStatus[];
  /** Every branch, master first. Versions and services are collected when they are read. */
  branches(): readonly BranchStatus[];
  /** The JSON Schema (2020-12) of a whole fragment, composed from the plugins (S1.5). */
  fragmentSchema(): JsonSchema;
  /**
   * The differences between two versions, of the same or of different branches.
   * @throws {TidegateError} `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`
   */
  difference(before: VersionName, after: VersionName): Promise<VersionDifference>;
  /**
   * Pins a branch to a version, or one service of a branch to a fragment (S9.4), on this gateway and on every
   * other gateway of the same systems. Resolves when this gateway serves it and the others were informed.
   * The gateway logs it, and services whose API it changes get a report.
   * @param who the caller, for log and reports: `process 123 of alice`. Default: they do not name a caller
   * @throws {TidegateError} `BRANCH_UNKNOWN`, `VERSION_UNKNOWN`, `FRAGMENT_UNKNOWN`
   */
  pin(pin: Pin, who?: string): Promise<void>;
  /**
   * Removes a pin; does nothing where there is none.
   * @param who the caller, as for `pin`
   * @throws {TidegateError} `BRANCH_UNKNOWN`
   */
  unpin(pin: PinTarget, who?: string): Promise<void>;
  /**
   * What every gateway of the same systems serves, this one first. Those that do not answer within a second
   * are left out.
   */
  gateways(): Promise<readonly GatewayStatus[]>;
  /** The documents of a version for the catalog, by file name, of all protocols (S14.1). */
  documents(served: Served): Promise<Documents>;
  /** Makes the report that a fragment would get, and serves nothing of it. */
  check(request: CheckRequest): Promise<Report>;
  /** Calls back with every report. Returns the function that ends this. */
  onReport(listener: (report: Report) => void): () => void;
  /** Calls back when a branch begins to serve another version. Returns the function that ends this. */
  onSwap(listener: (swap: VersionSwap) => void): () => void;
  /** Resolves when no fragment is read and no branch is merged. Removals that wait (S9.3) do not count. */
  settled(): Promise<void>;
}

/**
 * What a branch does with a fragment whose change breaks clients: nothing, a warning in the report, or a
 * refusal.
 */
export type BreakingChanges = "off" | "warn" | "block";

/** Names a version by its branch and its tag. */
export interface VersionName {
  readonly branch: string;
  /** `latest`, or 8 to 32 hex digits. */
  readonly tag: string;
}

/** The differences between two versions. Plain data. */
export interface VersionDifference {
  readonly before: VersionName;
  readonly after: VersionName;
  /** The highest level of the changes; `none` where nothing differs. */
  readonly level: ChangeLevel | "none";
  /** The highest level first. */
  readonly changes: readonly Change[];
}

/** What a pin is on: a branch, or one service of it. */
export interface PinTarget {
  readonly branch: string;
  /** Absent: the branch as a whole. */
  readonly service?: string;
}

/** Holds a branch at one version, or a service of it at one fragment (S9.4). */
export interface Pin extends PinTarget {
  /** A version's tag for a branch, a fragment's hash for a service: 8 to 32 hex digits. */
  readonly to: string;
}

/** The newest versions that one gateway serves. */
export interface GatewayStatus {
  readonly gateway: string;
  /** The id of the newest version, by branch. */
  readonly versions: { readonly [branch: string]: string };
}

/** A fragment for a dry run, which nothing has checked yet. */
export interface CheckRequest {
  readonly fragment: unknown;
  /** The service that would publish it. */
  readonly service: string;
  /** Default: the fragment's own. */
  readonly branch?: string;
}

/** A branch begins to serve another version. */
export interface VersionSwap {
  readonly branch: string;
  readonly version: Version;
  readonly previous: Version | undefined;
  readonly changes: readonly Change[];
}

/** Describes a branch for `/~status` (S9.9). */
export interface BranchStatus {
  readonly branch: string;
  /** When a request used the branch last: ISO 8601; null: never. */
  readonly latestUsedAt: string | null;
  /** The branch that it builds on: `master`; null for master itself. */
  readonly parent: string | null;
  /** The tag of the newest version; null before the first merge. */
  readonly latestVersion: string | null;
  readonly pins: readonly Pin[];
  /** Claims of more than one service, and who owns them (S9.4). */
  readonly contested: readonly ContestedClaim[];
  /** Newest first. */
  readonly versions: readonly VersionStatus[];
  readonly services: readonly ServiceStatus[];
}

/** A claim of more than one service. */
export interface ContestedClaim {
  /** For example `GET /players/:`. */
  readonly claim: string;
  readonly owner: string;
  /** The other services that claim it. */
  readonly claimants: readonly string[];
}

/** Describes a version that can be asked for, for `/~status`. */
export interface VersionStatus {
  /** The tag: 8 hex digits. */
  readonly version: string;
  /** 32 hex digits. */
  readonly fullVersion: string;
  /**
   * The routes that the version serves: `/players/:id (http:GET): One player.`, `/feed (ws): The live feed.`
   * Those of services come first, then those of protocols.
   */
  readonly routes: readonly string[];
  /**
   * The integrations that led to the version, the newest first. The newest version also has those of older
   * versions that still wait or are still refused.
   */
  readonly integrations: readonly IntegrationStatus[];
}

/** Describes an attempt to merge or remove a fragment, for `/~status`. */
export interface IntegrationStatus {
  readonly type: "merge" | "remove";
  readonly state: IntegrationState;
  readonly service: string;
  readonly hash: string;
  /** ISO 8601. */
  readonly at: string;
  /** One line each. */
  readonly errors: readonly string[];
}

/** Describes a service as the branch shows it, for `/~status`. */
export interface ServiceStatus {
  readonly service: string;
  /** `gone`: no node is left, and the removal waits (S9.3). */
  readonly state: "up" | "gone";
  /** The hash of the fragment that is served, or null. */
  readonly hash: string | null;
  /** All nodes that offer it; `left` and `lost`: the node is gone, and its removal waits (S9.3). */
  readonly nodes: readonly NodeStatus[];
  /** The keys of its claims that wait for definitions of other services (S5.8): `field Player.team`. */
  readonly waiting: readonly string[];
  /** Its claims that another service owns (S9.4). */
  readonly contested: readonly string[];
}

/** A node that offers a service, for `/~status`. */
export interface NodeStatus {
  readonly node: string;
  readonly state: "up" | "left" | "lost";
}
