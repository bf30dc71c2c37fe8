import type { ConnectorDescription, ConnectorTable } from "./connector.ts";
import type { DescribedSchema } from "./json.ts";
import type { Logger } from "./logger.ts";
import type { Change, Finding, Origin } from "./report.ts";
import type { Method } from "./request.ts";
import type { Route } from "./route.ts";
import type { FunctionCheck, SandboxFunction } from "./sandbox.ts";

/**
 * A way to be called from outside: REST, GraphQL, WebSocket, a third party's. It never sees the server, a broker or
 * another protocol: it returns routes and runs connectors.
 *
 * Two steps. `compile` takes one fragment's part, once per hash: forks and versions share what it returns. `assemble`,
 * for protocols whose parts make one whole (GraphQL), takes all parts of a branch.
 */
export interface Protocol<Input = unknown, Data = unknown> {
  /** The contract's number. */
  readonly contract: 1;
  /** Its key below `protocol` in a fragment. */
  readonly key: string;
  /** Checks its part of a fragment. */
  readonly schema: DescribedSchema<Input>;
  /** Paths that are its own, on every branch: `/graphql`. No route may lie there (S4.6). */
  readonly reserved?: readonly string[];
  /** The input without what only documents (S1.4): what is hashed. Default: the whole. */
  fingerprint?(input: Input): unknown;
  /** Compiles one fragment's part. Problems go to `tools.found`; with an error among them the fragment is refused. */
  compile(input: Input, tools: CompileTools): Compiled<Data> | Promise<Compiled<Data>>;
  /** Makes one whole of all parts of a branch. Default: the routes of the parts, one after another. */
  assemble?(parts: readonly Part<Data>[], tools: AssembleTools): Assembled | Promise<Assembled>;
  /**
   * What differs between two versions; every change says whose it is, where one service can be named. Default: by the
   * endpoints' keys and fingerprints.
   */
  diff?(before: Assembled, after: Assembled): readonly Change[];
  /** Closes what it opened. */
  dispose?(): void | Promise<void>;
}

/** What a protocol is given to compile a part. */
export interface CompileTools {
  /** Whose part it is; `jsonPath` is where the part stands (`protocol.REST`). */
  readonly origin: Origin;
  /** Makes connectors, from their JSON to something that runs. */
  readonly connectors: ConnectorTable;
  /** Checks and compiles a function that is no connector (`__resolveType`). Undefined where it has an error; that is told. */
  compileFunction(source: string, jsonPath: string): CheckedFunction | undefined;
  /** Paths that no route may lie on. */
  readonly reserved: readonly string[];
  /** Takes what is wrong. `jsonPath` whole: `protocol.REST.routes[1].path`. */
  addFinding(finding: Finding): void;
  /** Takes what happens later, while the part is in use; goes to the fragment's nodes, rate-limited. */
  reportRuntime(finding: Finding): void;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
}

/** A function with what was known of it before it ran. */
export interface CheckedFunction {
  /** What was found. */
  readonly check: FunctionCheck;
  /** What runs. */
  readonly run: SandboxFunction;
}

/** One fragment's part, compiled. Immutable; knows no branch, version or request. */
export interface Compiled<Data = unknown> {
  /** What it defines and what that needs: from these the core finds conflicts, waits and owners. */
  readonly claims: readonly Claim[];
  /** Its endpoints, for catalog, health, difference and warnings. */
  readonly endpoints: readonly Endpoint[];
  /** Its routes, where the protocol has no `assemble`. */
  readonly routes?: readonly Route[];
  /** The protocol's own, for `assemble`. */
  readonly data?: Data;
}

/** One definition: `GET /players/:`, `type Player`, `field Query.player`. Keys of different protocols never meet. */
export interface Claim {
  /** Names it on a branch. Two services cannot hold one key. */
  readonly key: string;
  /** As people write it: `GET /players/:id`. Default: the key. */
  readonly label?: string;
  /** Where it stands in the fragment. */
  readonly jsonPath: string;
  /** Where it stands in the text at `jsonPath`, where that is one (typeDefs). Asked only when it is told. */
  locate?(): Required<Pick<Finding, "line" | "column" | "frame">>;
  /** Several may hold the key where all of them give the same text here (an identical enum). */
  readonly shared?: string;
  /** Keys that must be held by somebody, or it waits (S5.8). An array inside: any one of them is enough. */
  readonly needs?: readonly (string | readonly string[])[];
}

/** One part on a branch. */
export interface Part<Data = unknown> {
  /** Whose. */
  readonly origin: Origin;
  /** What `compile` returned; the same object for the same fragment. */
  readonly compiled: Compiled<Data>;
  /** Keys of its claims that wait: leave them out. */
  readonly waiting: ReadonlySet<string>;
}

/** What a protocol is given to assemble. */
export interface AssembleTools {
  /**
   * What was assembled for the version before, or for the branch that this one forks: unchanged things are taken from it,
   * all of it where nothing differs.
   */
  readonly previous: Assembled | undefined;
  /** Takes what is wrong, with its owner; an error takes that fragment out, and the rest is assembled again. */
  addFinding(origin: Origin, finding: Finding): void;
  /** Writes for the gateway's people. */
  readonly logger: Logger;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
}

/** A protocol's share of a version. */
export interface Assembled {
  /** The routes to mount, in slices (`Version.routes`). */
  readonly routes: readonly (readonly Route[])[];
  /** The endpoints that are served. May be put together when it is asked for. */
  readonly endpoints: readonly Endpoint[];
  /** Documents for the catalog by name: `schema.graphql`. */
  readonly documents?: { readonly [name: string]: string };
}

/** One thing that a client can ask for, described. Data, but for nothing. */
export interface Endpoint {
  /** The protocol's key. */
  readonly protocol: string;
  /** The claim that it stands for. */
  readonly key: string;
  /** As people write it: `GET /players/:id`, `Query.player`, `WS /chat/:room`. */
  readonly label: string;
  /** Markdown. */
  readonly description?: string;
  /** Not for new clients. */
  readonly deprecated?: boolean;
  /** What it is mapped to. */
  readonly connectors: readonly ConnectorDescription[];
  /** Where it stands. */
  readonly origin: Origin;
  /** For HTTP: how it is called. */
  readonly http?: { readonly method: Method; readonly path: string };
  /** For WebSocket: where. */
  readonly websocket?: { readonly path: string };
  /** For GraphQL: which field. */
  readonly graphql?: { readonly type: string; readonly field: string };
  /** Names of the group that a catalog shows it under, and what the group is. */
  readonly group?: { readonly name: string; readonly description?: string };
  /** What makes it what it is, as text: equal texts, equal endpoints. */
  readonly fingerprint: string;
}
