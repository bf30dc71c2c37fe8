import type { Json } from "./json.ts";
import type { Origin } from "./report.ts";
import type { Scope } from "./scope.ts";

/** The operations that an endpoint can be mapped to (S2). */
export type ConnectorKind = "call" | "publish" | "subscribe" | "map" | "proxy";

/** The values of a protocol's sources by name, without `@`. `context` is not among them: the scope has it. */
export type Sources = Readonly<Record<string, unknown>>;

/** A compiled connector. All versions that contain its fragment share it. */
export interface Connector {
  readonly kind: ConnectorKind;
  readonly description: ConnectorDescription;
  /** The sources that it can read, each once. A protocol does not need to provide the others. */
  readonly reads: readonly string[];
  /**
   * Runs the steps `if`, params, policies, call, map (S2.3). Returns a promise only where a step is
   * asynchronous.
   */
  run(scope: Scope, sources: Sources): unknown;
  /**
   * Computes the params and discards them, so that a connection with invalid params is refused before it
   * opens (S3.2). Throws or rejects with `BAD_USER_INPUT`. Returns undefined where no step is asynchronous.
   * Only `publish` has it.
   */
  check?(scope: Scope, sources: Sources): Promise<void> | undefined;
}

/** A `subscribe` of a fragment, compiled. All requests of its endpoint share it. */
export interface SubscribeConnector {
  readonly kind: "subscribe";
  readonly description: ConnectorDescription;
  /** The sources that it can read, each once. */
  readonly reads: readonly string[];
  /** Computes the event names and checks the policies. Rejects where a policy denies. Opens nothing. */
  accept(scope: Scope, sources: Sources): Promise<Subscription>;
}

/** A subscription that the policies allowed. */
export interface Subscription {
  /** The names and patterns of the events that are delivered. */
  readonly events: readonly string[];
  /**
   * Begins to listen. Delivers the allowed events in order, one at a time. Ends with `return` or when the
   * scope's signal aborts; fails with `SLOW_CONSUMER` where too many events are queued.
   * @param fork creates the scope of one event; default: a fork of the subscription's scope
   */
  open(fork?: () => Scope): AsyncIterableIterator<Delivery>;
}

/** One delivered event, with a scope of its own. */
export interface Delivery {
  /** The payload, or the result of `map`; undefined where `map` failed. */
  readonly value: unknown;
  /** The error of the filter or of `map`. It concerns this event only: the subscription continues. */
  readonly error?: unknown;
  /** The event's own scope. The consumer of the delivery calls its `end`. */
  readonly scope: Scope;
}

/** A connector as plain data, for the catalog, explain and the difference of versions. */
export interface ConnectorDescription {
  readonly kind: ConnectorKind;
  readonly origin: Origin;
  /** The full name of the called action. */
  readonly action?: string;
  /** The JSON path of the action's name, which differs in the short forms (S2.2). */
  readonly namePath?: string;
  /** The sent or received events; absent where a function computes the names. */
  readonly events?: readonly string[];
  /** The mapping as the fragment has it. */
  readonly params?: Json;
  /** Names of the batched params (S5.4), sorted; absent where there are none. */
  readonly batchedParams?: readonly string[];
  /** Whether the params that the action declares are filled in (S3.3). */
  readonly implicitParams?: boolean;
  /** The sources of implicit params, in order. */
  readonly implicitSources?: readonly string[];
  /** The rules that apply, in order. Empty: access is open. Absent where a function computes the names. */
  readonly rules?: readonly RuleDescription[];
  /** Where a function computes the names: the rules of the fragment that can apply to them, in order. */
  readonly possibleRules?: readonly RuleDescription[];
}

/** Describes a rule as plain data, for catalogs and differences between versions. */
export interface RuleDescription {
  /** The description that the rule's author wrote. */
  readonly description?: string;
  readonly origin: Origin;
  /** The name patterns to which the rule applies. */
  readonly names: readonly string[];
  /** The requirements of each policy, by its name (`CompiledRule.requirements`). */
  readonly requirements: { readonly [policy: string]: Json };
}

/** The options with which a protocol compiles a connector. */
export interface ConnectorOptions {
  /** The JSON path of the endpoint, such as `protocol.REST.routes[0]`, without the connector's own member. */
  readonly jsonPath: string;
  /**
   * Names of the sources that the connector can read (S3.1), among those that the protocol declares. Default:
   * all of them.
   */
  readonly sources?: readonly string[];
  /** The sources of implicit params, in order (S3.3). Default none. */
  readonly implicit?: readonly string[];
  /** Whether a mapping can contain `[]` (S5.4). Default false. */
  readonly batching?: boolean;
  /**
   * What is known of the sources' values at this endpoint, by source: a mapping or a function that reads
   * anything else is a warning (S1.7). Default: nothing is known, so nothing is a warning.
   */
  readonly known?: { readonly [source: string]: KnownValue };
}

/**
 * What is known of a value before a request arrives (S1.7). `any`: nothing. `scalar`: it has no members.
 * `never`: it is always absent. An object: the members that it can have, by name; others are always absent.
 */
export type KnownValue = "any" | "scalar" | "never" | { readonly [member: string]: KnownValue };

/**
 * Compiles connectors from their validated JSON. Returns undefined, and adds a finding, where the JSON has an
 * error.
 */
export interface ConnectorTable {
  /** Compiles the `call`, `publish` or `map` of an endpoint. */
  compile(endpoint: EndpointConnectors, options: ConnectorOptions): Connector | undefined;
  subscribe(config: SubscribeConfig, options: ConnectorOptions): SubscribeConnector | undefined;
}

/** The connector of an endpoint in its long form. Exactly one of `call`, `publish` and `map` is set. */
export interface EndpointConnectors {
  readonly call?: CallConfig | undefined;
  readonly publish?: PublishConfig | undefined;
  /** The text of a function of the sources. */
  readonly map?: string | undefined;
  /** The short form in which the fragment has the connector (S2.2). It changes the JSON paths of findings. */
  readonly short?: "call" | "action" | "map";
}

/** The JSON of a `call` in a fragment, in its long form. */
export interface CallConfig {
  /** The full name of the action, such as `player.get`. */
  readonly action: string;
  /** Maps the sources to the action's params (S3). */
  readonly params?: Json | undefined;
  /** Whether the params that the action declares are filled in. Default true. */
  readonly implicitParams?: boolean | undefined;
  /** The params that carry one value for each entry of a batch (S5.4). */
  readonly batchedParams?: readonly string[] | undefined;
  /**
   * A function of the sources. Where its result is falsy, the action is not called and the result is null.
   */
  readonly if?: string | undefined;
  /** A function of `{ request, response }` that computes the result. */
  readonly map?: string | undefined;
}

/** The JSON of a `publish` in a fragment. */
export interface PublishConfig {
  /** A name, or a function of the sources that returns one. */
  readonly event: string;
  /** Maps the sources to the event's payload (S3). */
  readonly params?: Json | undefined;
  /** The service groups that receive the event. Default: all. */
  readonly groups?: readonly string[] | undefined;
  /** True: every node receives the event. Default false. */
  readonly broadcast?: boolean | undefined;
  /** A function. Where its result is falsy, no event is sent. */
  readonly filter?: string | undefined;
  /** A function that computes the result. Default: the payload. */
  readonly map?: string | undefined;
}

/** The JSON of a `subscribe` in a fragment. */
export interface SubscribeConfig {
  /** Names and patterns, or a function of the sources that returns names. */
  readonly events: readonly string[] | string;
  /** A function. Where its result is falsy, the event is not delivered. */
  readonly filter?: string | undefined;
  /** A function that computes the delivered value. Default: the payload. */
  readonly map?: string | undefined;
}
