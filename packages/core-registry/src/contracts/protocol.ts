import type { ConnectorTable } from "./connector.ts";
import type { ContextFactory } from "./context.ts";
import type { DirectorySnapshot } from "./directory.ts";
import type { Endpoint, GraphQLField } from "./endpoint.ts";
import type { DescribedSchema } from "./json.ts";
import type { Logger } from "./logger.ts";
import type { Middleware } from "./middleware.ts";
import type { Change, Finding, Origin } from "./report.ts";
import type { EndpointInfo, Needs, Route } from "./route.ts";
import type { FunctionCheck, SandboxFunction } from "./sandbox.ts";

/**
 * A protocol that clients use: REST, GraphQL, WebSocket or a third party's. It returns routes and runs
 * connectors. It has no access to the server, to brokers or to other protocols.
 *
 * Two steps: `compile` compiles the part of one fragment, once per hash; all branches and versions share the
 * result. `assemble` makes one whole of the parts of a branch, for protocols that need all of them together
 * (GraphQL).
 *
 * What is asynchronous of `schema`, `compile`, `assemble`, `documents`, `start` and `dispose` has the time
 * limit `pluginTimeoutSeconds` (S17); a synchronous call that never returns cannot be ended. An error of
 * `schema`, `fingerprint`, `compile` or `assemble` refuses the fragment that causes it. Every error is logged
 * with the protocol's name.
 */
export interface Protocol<Input = unknown, Data = unknown> {
  readonly contract: 2;
  /** The unique name, which is the key below `protocol` in a fragment. */
  readonly name: string;
  /** Validates the protocol's part of a fragment. */
  readonly schema: DescribedSchema<Input>;
  /** The sources that mappings and functions can read (S3.1), by name without `@`. Default none. */
  readonly sources?: ProtocolSources;
  /**
   * Paths that the protocol itself serves on every branch, such as `/graphql`, with all paths below them.
   * Fragments cannot define routes there (S4.6). Two protocols cannot reserve the same path. Default none.
   */
  readonly reserved?: readonly string[];
  /** Context values that the protocol adds to the gateway's (S12.3). Default none. */
  readonly contexts?: readonly ContextFactory[];
  /** Middleware that the protocol adds behind the gateway's (S12.2). It sees all requests. Default none. */
  readonly middleware?: readonly Middleware[];
  /** Returns the input without documentation (S1.4), for the fragment's hash. Default: the complete input. */
  fingerprint?(input: Input): unknown;
  /**
   * Compiles the part of one fragment. Reports problems with `tools.addFinding`; an error refuses the
   * fragment.
   */
  compile(input: Input, tools: CompileTools): Compiled<Data> | Promise<Compiled<Data>>;
  /** Makes one whole of the parts of a branch, in addition to their own routes. Default: nothing is added. */
  assemble?(parts: readonly Part<Data>[], tools: AssembleTools): Assembled | Promise<Assembled>;
  /**
   * Lists the changes between two versions. A change has the name of the service that causes it, where there
   * is exactly one. Default: compares the keys and fingerprints of the endpoints.
   */
  diff?(before: ProtocolVersion, after: ProtocolVersion): readonly Change[];
  /**
   * Makes the documents of a version for the catalog, by file name, such as `schema.graphql`. Default none.
   */
  documents?(version: ProtocolVersion, input: DocumentsInput): Documents | Promise<Documents>;
  /** Opens what all fragments share. Called once, before the gateway merges. */
  start?(): void | Promise<void>;
  /** Closes what `start` opened. Called once, when the gateway stops. */
  dispose?(): void | Promise<void>;
}

/** What documents can tell about a version beside the protocol's share of it. */
export interface DocumentsInput {
  /** The tag of the version: 8 hex digits. */
  readonly version: string;
  /** The services and actions of the branch, with the params that actions declare. */
  readonly directory: DirectorySnapshot;
}

/** Documents as text, by file name. The extension of the name decides the media type. */
export interface Documents {
  readonly [name: string]: string;
}

/** The sources of a protocol by name, without `@`. The core has `context`. */
export interface ProtocolSources {
  readonly [name: string]: SourceDescription;
}

/** Describes one source of a protocol (S3.1). */
export interface SourceDescription {
  /** `text`: strings, which are cast to declared types. `data`: typed values. */
  readonly values: "text" | "data";
  /** Whether clients send the values: a mapping that reads another place of the request breaks them. */
  readonly fromClient: boolean;
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
  /** Adds a finding. Its `jsonPath` begins at the fragment's root: `protocol.REST.routes[1].path`. */
  addFinding(finding: Finding): void;
  /**
   * Reports a failure while the part is in use to the nodes that publish the fragment; the reports are
   * rate-limited.
   */
  reportRuntime(finding: Finding): void;
  /** Aborts when the result is not needed any more, or when the time limit is over. */
  readonly signal: AbortSignal;
}

/** A compiled function together with the result of its check. */
export interface CheckedFunction {
  readonly check: FunctionCheck;
  readonly run: SandboxFunction;
}

/** The compiled part of one fragment. Immutable; independent of branches, versions and requests. */
export interface Compiled<Data = unknown> {
  /**
   * The fragment's own routes. Each is a claim: two services cannot have routes that match the same requests,
   * whatever protocols made them (S4.6). Default none.
   */
  readonly routes?: readonly Route[];
  /** Definitions that are no routes, such as types. Default none. */
  readonly claims?: readonly Claim[];
  /** Data of the protocol, for `assemble`. */
  readonly data?: Data;
  /** Opens what the part needs. Called once, before the first version that contains the part is served. */
  start?(): void | Promise<void>;
  /**
   * Closes what `start` opened. Called once, some time after the last version that contains the part was
   * released; at the latest when the gateway stops.
   */
  dispose?(): void | Promise<void>;
}

/**
 * One definition that is no route, such as `type Player` or `field Query.player`. Protocols do not share
 * keys.
 */
export interface Claim {
  /** Identifies the definition on a branch. Two services cannot own the same key, unless it is `shared`. */
  readonly key: string;
  /** The key in the notation of the protocol, such as `Query.player`. Default: the key. */
  readonly label?: string;
  readonly jsonPath: string;
  /**
   * Finds the definition in the text at `jsonPath`, where that is one (typeDefs). Called only for findings.
   */
  locate?(): Required<Pick<Finding, "line" | "column" | "frame">>;
  /** Several services can own the key where all of them have the same text here (an identical enum). */
  readonly shared?: string;
  /** Keys without which the claim waits (S5.8). */
  readonly needs?: Needs;
  /** Describes the definition as an endpoint, where clients can address it (a field of `Query`). */
  readonly endpoint?: ClaimEndpoint;
}

/** Describes a claim that is an endpoint. */
export interface ClaimEndpoint extends EndpointInfo {
  /** The field, of a GraphQL endpoint. */
  readonly graphql?: GraphQLField;
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
  /** Aborts when the result is not needed any more, or when the time limit is over. */
  readonly signal: AbortSignal;
}

/** What a protocol made of all parts of a branch. The protocol can keep data for it in a `WeakMap`. */
export interface Assembled {
  /** Routes of the protocol itself, at or below its `reserved` paths. Default none. */
  readonly routes?: readonly Route[];
}

/** The share of one protocol in a version. */
export interface ProtocolVersion {
  /** The served endpoints of the protocol. Computed when they are read. */
  readonly endpoints: readonly Endpoint[];
  /** The result of `Protocol.assemble`; undefined where the protocol has none. */
  readonly assembled: Assembled | undefined;
}
