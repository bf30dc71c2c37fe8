import type { Readable } from "node:stream";
import type { CallScope } from "./call-scope.ts";
import type { Json, JsonObject, JsonSchema } from "./json.ts";
import type { Report } from "./report.ts";

/**
 * An adapter to one distributed system (S13). Every optional member is a capability: where a fragment needs a
 * capability that the broker lacks, the core reports `CAPABILITY_MISSING`.
 */
export interface Broker {
  readonly contract: 2;
  /** The name in reports and logs, such as `moleculer`. */
  readonly name: string;
  /**
   * Connects, reports all known services to the sink, and resolves. The sink receives later changes as they
   * happen.
   */
  start(sink: BrokerSink): Promise<void>;
  /** Waits for running calls, disconnects and releases everything. Idempotent. */
  stop(): Promise<void>;
  /**
   * Calls an action. Files and streams are sent as S8 defines.
   * @throws {TidegateError} with `dispatched`: whether the call was sent to a node; a service's own error as
   * `SERVICE_ERROR`
   */
  call(scope: CallScope, request: CallRequest): Promise<unknown>;
  publish?(scope: CallScope, request: PublishRequest): Promise<void>;
  /**
   * Replaces the patterns of the events that the gateway subscribes to. From then on the sink receives every
   * matching event, emitted or broadcast. A broker that receives all events anyway can ignore the call, but
   * needs the member: it declares that the broker can subscribe.
   */
  events?(patterns: readonly string[]): void;
  /**
   * Sends a report to one node of the service. Resolves also where the service has no action that receives
   * it.
   */
  report?(service: string, node: string, report: Report): Promise<void>;
  /** Messages to and from the other gateways of the same system (S9.4). */
  readonly peers?: Peers;
  health?(): BrokerHealth;
}

/** Requests between the gateways of one system (S9.4), by name, with plain data as answers. */
export interface Peers {
  /** Registers the handlers of this gateway. Called once, before `start`. */
  handle(handlers: PeerHandlers): void;
  /**
   * Sends a request to all other known gateways at once. The result leaves out gateways that fail or do not
   * answer in time. Never rejects.
   * @param timeout in milliseconds
   */
  request(name: string, params: Json, timeout: number): Promise<readonly PeerReply[]>;
}

/**
 * Request handlers by name. The params come from outside and are not validated. Where a handler throws, no
 * answer is sent.
 */
export interface PeerHandlers {
  readonly [name: string]: (params: unknown) => Json | Promise<Json>;
}

/** The reply of one gateway to a request of another gateway. */
export interface PeerReply {
  /** The id of the gateway's node. */
  readonly node: string;
  /** As received: the broker does not validate it. */
  readonly value: unknown;
}

/** The callbacks through which a broker reports services and events to the gateway. */
export interface BrokerSink {
  /**
   * A service appeared on a node, or its description changed. Replaces the previous description of this pair.
   */
  serviceUp(service: ServiceDescription, node: NodeDescription): void;
  /** A service is no longer on a node: the node removed it (`left`), or is unreachable (`lost`). */
  serviceDown(service: string, node: string, how: "left" | "lost"): void;
  /** Called for each event that the broker receives. */
  event(packet: EventPacket): void;
  /**
   * The broker has lost its own connection, or has it again (S9.3). That is not the loss of its services:
   * until the connection is `up` again, the core removes none of them. Services that are then down are
   * removed after the usual delay, from that moment on. A sink of an older core lacks the member. Brokers
   * without a connection of their own never call it.
   */
  connectionChanged?(state: "up" | "lost"): void;
}

/** A service as one node publishes it. Plain data from outside, not validated. */
export interface ServiceDescription {
  /** The full name: `v2.player` and `player` are two services. */
  readonly name: string;
  /** The service's metadata without the fragment. */
  readonly metadata?: JsonObject;
  /** The service's fragment (S1), not validated. Absent where the service publishes none. */
  readonly fragment?: unknown;
  /**
   * True: callers that do not choose a branch can reach the service, so a node of a branch receives its share
   * of all calls and events (S13.1). Default false.
   */
  readonly exposed?: boolean;
  /** A higher number is newer (S9.2). Default 0. */
  readonly revision?: number;
  readonly actions: readonly ActionDescription[];
  /** Names and patterns of the events that the service listens to. */
  readonly events: readonly string[];
}

/** An action as its service declares it. */
export interface ActionDescription {
  /** The full name, such as `player.get`. */
  readonly name: string;
  /** The declared params as an object schema; the broker translates them from its own schema language. */
  readonly params?: JsonSchema;
  readonly description?: string;
  /** False: only the action's own service or node can call it. Default true. */
  readonly published?: boolean;
  /**
   * True: calling the action twice has the effect of calling it once, so the broker can send a call to a
   * second node where the first one is lost before it has answered (S13.1). Default false.
   */
  readonly idempotent?: boolean;
}

/** A node of the distributed system. */
export interface NodeDescription {
  /** Unique among the nodes of one broker. */
  readonly id: string;
  readonly hostname?: string;
}

/** Describes one call that a broker sends to an action. */
export interface CallRequest {
  readonly action: string;
  /** Plain data, or a file or stream (S8). */
  readonly params: unknown;
  /** A stream that is sent in addition to the params (S6.2). */
  readonly stream?: Readable;
  /** The only nodes that can receive the call. Default: all. */
  readonly nodes?: readonly string[];
  /** The number of entries, where the call is a batch (S5.4). */
  readonly batch?: number;
  /** In milliseconds. Default: the broker's own. The scope's deadline can shorten it. */
  readonly timeout?: number;
}

/** Describes one event that a broker sends. */
export interface PublishRequest {
  /** The event's name; never a pattern. */
  readonly event: string;
  readonly params: unknown;
  /** The service groups that receive it. Default: all. */
  readonly groups?: readonly string[];
  /** True: every node receives it. False: one node of each group receives it. */
  readonly broadcast: boolean;
}

/** Describes one event that a broker received. */
export interface EventPacket {
  readonly event: string;
  readonly payload: unknown;
  /** The id of the sending node. */
  readonly node?: string;
  /** The service groups to which it was sent. */
  readonly groups?: readonly string[];
  /** True: it was sent to every node. */
  readonly broadcast: boolean;
  /** The branch whose request emitted it (S9.7). Absent: master. */
  readonly branch?: string;
}

/** The state of a broker's connection. */
export interface BrokerHealth {
  /** `connecting` also while it reconnects; `failed` where it has stopped trying. */
  readonly state: "up" | "connecting" | "failed";
  /** When the state began: milliseconds since the epoch. */
  readonly since: number;
  /** The error that explains a state other than `up`. */
  readonly reason?: string;
  /**
   * The actions that the broker does not call on a node for a while, because calls timed out there (S13.1).
   */
  readonly circuits?: readonly OpenCircuit[];
}

/** One action on one node that a broker's circuit breaker has stopped, as `/~status` shows it. */
export interface OpenCircuit {
  /** The full name, such as `player.get`. */
  readonly action: string;
  readonly node: string;
  /** `half-open`: the next call decides whether the action is called again. */
  readonly state: "open" | "half-open";
}
