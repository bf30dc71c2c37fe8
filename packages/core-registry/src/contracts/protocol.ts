import type { ConnectorDescription, ConnectorTable } from "./connector.ts";
import type { DescribedSchema } from "./json.ts";
import type { Logger } from "./logger.ts";
import type { Change, Finding, Origin } from "./report.ts";
import type { Method } from "./request.ts";
import type { Route } from "./route.ts";
import type { FunctionCheck, SandboxFunction } from "./sandbox.ts";

/**
 * A protocol that clients use: REST, GraphQL, WebSocket or a third party's. It returns routes and runs
 * connectors. It has no access to the server, to brokers or to other protocols.
 *
 * Two steps: `compile` compiles the part of one fragment, once per hash; all branches and versions share the
 * result. `assemble` combines the parts of a branch, for protocols that need all of them together (GraphQL).
 */
export interface Protocol<Input = unknown, Data = unknown> {
  readonly contract: 1;
  /** The key below `protocol` in a fragment. */
  readonly key: string;
  /** Validates the protocol's part of a fragment. */
  readonly schema: DescribedSchema<Input>;
  /**
   * Paths that the protocol serves on every branch, such as `/graphql`. Fragments cannot define routes there
   * (S4.6).
   */
  readonly reserved?: readonly string[];
  /** Returns the input without documentation (S1.4), for the fragment's hash. Default: the complete input. */
  fingerprint?(input: Input): unknown;
  /**
   * Compiles the part of one fragment. Reports problems with `tools.addFinding`; an error refuses the
   * fragment.
   */
  compile(input: Input, tools: CompileTools): Compiled<Data> | Promise<Compiled<Data>>;
  /** Combines the parts of a branch. Default: the routes of all parts, in order. */
  assemble?(parts: readonly Part<Data>[], tools: AssembleTools): Assembled | Promise<Assembled>;
  /**
   * Lists the changes between two versions. A change has the name of the service that causes it, where there
   * is exactly one. Default: compares the keys and fingerprints of the endpoints.
   */
  diff?(before: Assembled, after: Assembled): readonly Change[];
  dispose?(): void | Promise<void>;
}

/** The tools with which a protocol compiles a part. */
export interface CompileTools {
  /** The fragment and the JSON path of the part, such as `protocol.REST`. */
  readonly origin: Origin;
  /** Compiles the connectors of the fragment's endpoints. */
  readonly connectors: ConnectorTable;
  /**
   * Checks and compiles a function that does not belong to a connector (`__resolveType`). Returns undefined,
   * and adds a finding, where the text has an error.
   */
  compileFunction(source: string, jsonPath: string): CheckedFunction | undefined;
  /** Paths below which fragments cannot define routes. */
  readonly reserved: readonly string[];
  /** Adds a finding. Its `jsonPath` begins at the fragment's root: `protocol.REST.routes[1].path`. */
  addFinding(finding: Finding): void;
  /**
   * Reports a failure while the part is in use to the nodes that publish the fragment; the reports are
   * rate-limited.
   */
  reportRuntime(finding: Finding): void;
  /** Aborts when the result is not needed any more. */
  readonly signal: AbortSignal;
}

/** A compiled function together with the result of its check. */
export interface CheckedFunction {
  readonly check: FunctionCheck;
  readonly run: SandboxFunction;
}

/** The compiled part of one fragment. Immutable; independent of branches, versions and requests. */
export interface Compiled<Data = unknown> {
  /** The definitions and their needs. The core derives conflicts, waiting claims and owners from them. */
  readonly claims: readonly Claim[];
  /** The endpoints, for the catalog, health, the difference of versions, and warnings. */
  readonly endpoints: readonly Endpoint[];
  /** The routes, where the protocol has no `assemble`. */
  readonly routes?: readonly Route[];
  /** Data of the protocol, for `assemble`. */
  readonly data?: Data;
}

/**
 * One definition, such as `GET /players/:`, `type Player` or `field Query.player`. Protocols do not share
 * keys.
 */
export interface Claim {
  /** Identifies the definition on a branch. Two services cannot own the same key, unless it is `shared`. */
  readonly key: string;
  /** The key in the notation of the protocol, such as `GET /players/:id`. Default: the key. */
  readonly label?: string;
  readonly jsonPath: string;
  /**
   * Finds the definition in the text at `jsonPath`, where that is one (typeDefs). Called only for findings.
   */
  locate?(): Required<Pick<Finding, "line" | "column" | "frame">>;
  /** Several services can own the key where all of them have the same text here (an identical enum). */
  readonly shared?: string;
  /** Keys without which the claim waits (S5.8). An array inside needs any one of its keys. */
  readonly needs?: readonly (string | readonly string[])[];
}

/** The part of one fragment on a branch. */
export interface Part<Data = unknown> {
  readonly origin: Origin;
  /** The result of `compile`; the same object for the same fragment. */
  readonly compiled: Compiled<Data>;
  /** Keys of the claims that wait for others. `assemble` leaves them out. */
  readonly waiting: ReadonlySet<string>;
}

/** The tools with which a protocol assembles the parts of a branch. */
export interface AssembleTools {
  /**
   * The result for the previous version, or for the branch that this one was forked from. `assemble` reuses
   * unchanged objects of it, and all of it where nothing differs.
   */
  readonly previous: Assembled | undefined;
  /** Adds a finding to a fragment. An error removes that fragment; the others are assembled again. */
  addFinding(origin: Origin, finding: Finding): void;
  /** Writes messages for the gateway's operators. */
  readonly logger: Logger;
  /** Aborts when the result is not needed any more. */
  readonly signal: AbortSignal;
}

/** The share of one protocol in a version. */
export interface Assembled {
  /** The served routes, in slices (`Version.routes`). */
  readonly routes: readonly (readonly Route[])[];
  /** The served endpoints. A getter can compute them when they are first read. */
  readonly endpoints: readonly Endpoint[];
  /** Documents for the catalog by file name, such as `schema.graphql`. */
  readonly documents?: { readonly [name: string]: string };
}

/** Describes one endpoint as plain data, for catalogs, reports and differences between versions. */
export interface Endpoint {
  readonly protocol: string;
  /** The key of the endpoint's claim. */
  readonly key: string;
  /** The endpoint in the notation of its protocol: `GET /players/:id`, `Query.player`, `WS /chat/:room`. */
  readonly label: string;
  /** The developer's description of the endpoint, in Markdown. */
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly connectors: readonly ConnectorDescription[];
  readonly origin: Origin;
  /** The HTTP method and path, of an HTTP endpoint. */
  readonly http?: { readonly method: Method; readonly path: string };
  /** The path, of a WebSocket endpoint. */
  readonly websocket?: { readonly path: string };
  /** The field, of a GraphQL endpoint. */
  readonly graphql?: { readonly type: string; readonly field: string };
  /** The group in which a catalog lists the endpoint. */
  readonly group?: { readonly name: string; readonly description?: string };
  /** The endpoint's behaviour as text: endpoints with equal texts behave equally. */
  readonly fingerprint: string;
}
