import type { Json } from "./json.ts";
import type { Origin } from "./report.ts";
import type { Scope } from "./scope.ts";

/** What an endpoint is mapped to (S2). */
export type ConnectorKind = "call" | "publish" | "subscribe" | "map";

/** The values of a protocol's sources, by name without `@`; `context` is not among them, the scope has it. */
export type Sources = Readonly<Record<string, unknown>>;

/** A connector, compiled; shared by all versions that hold its fragment. */
export interface Connector {
  /** Which. */
  readonly kind: ConnectorKind;
  /** What it does, as data. */
  readonly description: ConnectorDescription;
  /** The sources that it may read, each once: what it does not read need not be made. */
  readonly reads: readonly string[];
  /** Runs it (S2.3): if, params, policies, call, map. A value where it could be had at once, else a promise. */
  run(scope: Scope, sources: Sources): unknown;
  /**
   * Makes the params and nothing of them: what a connection's own sources cannot become is known before it is opened
   * (S3.2). Undefined where that could be had at once. Throws or rejects with `BAD_USER_INPUT`. `publish` has it.
   */
  check?(scope: Scope, sources: Sources): Promise<void> | undefined;
}

/** A subscription, compiled. */
export interface SubscribeConnector {
  /** Which. */
  readonly kind: "subscribe";
  /** What it does, as data. */
  readonly description: ConnectorDescription;
  /** The sources that it may read, each once. */
  readonly reads: readonly string[];
  /** Names the events and asks the policies, before anything is opened. */
  accept(scope: Scope, sources: Sources): Promise<Subscription>;
}

/** A subscription that the policies allowed. */
export interface Subscription {
  /** The event names and patterns. */
  readonly events: readonly string[];
  /**
   * Begins to listen, and gives what passes in order, one event at a time. Ends by `return`, or when the scope's signal
   * fires; fails with `SLOW_CONSUMER` where too many events wait to be taken.
   * @param fork makes the scope of one event. Default: a fork of the subscription's
   */
  open(fork?: () => Scope): AsyncIterableIterator<Delivery>;
}

/** One delivered event: a request of its own. */
export interface Delivery {
  /** The payload, or what `map` made of it; undefined where that failed. */
  readonly value: unknown;
  /** Why its filter or map failed, where one did: this event's error, the subscription goes on. */
  readonly error?: unknown;
  /** The event's own scope. Who takes the delivery ends it. */
  readonly scope: Scope;
}

/** A connector as data, for catalog, explain and difference. */
export interface ConnectorDescription {
  /** Which. */
  readonly kind: ConnectorKind;
  /** Where it stands. */
  readonly origin: Origin;
  /** The action that it calls. */
  readonly action?: string;
  /** Where the action's name stands: it differs in the short forms (S2.2). */
  readonly namePath?: string;
  /** The events that it sends or receives; absent where a function makes the names. */
  readonly events?: readonly string[];
  /** The mapping as written. */
  readonly params?: Json;
  /** Names of the params that travel in batches (S5.4), sorted; absent where none does. */
  readonly batchedParams?: readonly string[];
  /** Whether what the action declares is filled in (S3.3). */
  readonly implicitParams?: boolean;
  /** The sources that fill in what the action declares, in order. */
  readonly implicitSources?: readonly string[];
  /** The rules that guard it, in order; absent where a function makes the names; empty: nobody guards it. */
  readonly rules?: readonly RuleDescription[];
  /** Where a function makes the names: the rules of the fragment that may guard what it makes, in order. */
  readonly possibleRules?: readonly RuleDescription[];
}

/** A rule as data. */
export interface RuleDescription {
  /** What its author says it is. */
  readonly description?: string;
  /** Where it stands. */
  readonly origin: Origin;
  /** The patterns of the names that it guards. */
  readonly names: readonly string[];
  /** What each policy asks, by its key. */
  readonly asks: { readonly [policy: string]: Json };
}

/** How a protocol wants a connector compiled. */
export interface ConnectorOptions {
  /** Where the endpoint's JSON stands: `protocol.REST.routes[0]`; the connector's own member is added. */
  readonly jsonPath: string;
  /** The protocol's sources (S3.1). `text`: strings that declared types may cast; `data`: values as they are. */
  readonly sources: Readonly<Record<string, "text" | "data">>;
  /** The sources that fill in declared params, in order (S3.3). */
  readonly implicit: readonly string[];
  /** Whether `[]` is allowed (S5.4). */
  readonly batching: boolean;
}

/** Makes connectors from their checked JSON. Undefined where it has an error; that is told. */
export interface ConnectorTable {
  /** Of an endpoint's JSON: whichever of `call`, `publish` and `map` it holds. */
  compile(endpoint: EndpointConnectors, options: ConnectorOptions): Connector | undefined;
  /** Of `subscribe`. */
  subscribe(config: SubscribeConfig, options: ConnectorOptions): SubscribeConnector | undefined;
}

/** The connectors that stand in an endpoint's JSON, in their long form. Exactly one is set. */
export interface EndpointConnectors {
  /** Calls an action. */
  readonly call?: CallConfig | undefined;
  /** Sends an event. */
  readonly publish?: PublishConfig | undefined;
  /** A function of the sources. */
  readonly map?: string | undefined;
  /** The short form that `call` or `map` was written in (S2.2): findings then name the place where it stands. */
  readonly short?: "call" | "action" | "map";
}

/** `call`, as written. */
export interface CallConfig {
  /** The action's full name. */
  readonly action: string;
  /** The mapping (S3). */
  readonly params?: Json | undefined;
  /** Whether declared params are filled in. Default true. */
  readonly implicitParams?: boolean | undefined;
  /** Names of params that travel in batches (S5.4). */
  readonly batchedParams?: readonly string[] | undefined;
  /** A function of the sources: falsy, and nothing is called. */
  readonly if?: string | undefined;
  /** A function of `{ request, response }`. */
  readonly map?: string | undefined;
}

/** `publish`, as written. */
export interface PublishConfig {
  /** A name, or a function of the sources that makes one. */
  readonly event: string;
  /** The mapping (S3). */
  readonly params?: Json | undefined;
  /** Groups that get it. */
  readonly groups?: readonly string[] | undefined;
  /** To every node. Default false. */
  readonly broadcast?: boolean | undefined;
  /** A function: falsy, and nothing is sent. */
  readonly filter?: string | undefined;
  /** A function that makes the answer. */
  readonly map?: string | undefined;
}

/** `subscribe`, as written. */
export interface SubscribeConfig {
  /** Names and patterns, or a function of the sources that makes names. */
  readonly events: readonly string[] | string;
  /** A function: falsy, and the event is left out. */
  readonly filter?: string | undefined;
  /** A function that makes what is sent. */
  readonly map?: string | undefined;
}
