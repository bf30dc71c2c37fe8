import type { Readable } from "node:stream";
import type { CallScope } from "./call-scope.ts";
import type { Json, JsonObject, JsonSchema } from "./json.ts";
import type { Report } from "./report.ts";

/**
 * An adapter to one distributed system (S13). Required: a name, start, stop, call. Everything else is a capability:
 * the core says what is missing when a fragment asks for it.
 */
export interface Broker {
  /** The contract's number. */
  readonly contract: 1;
  /** Its name in reports and logs: `moleculer`. */
  readonly name: string;
  /** Connects, tells the sink what is there, and resolves when discovery is complete. Tells it every change after. */
  start(sink: BrokerSink): Promise<void>;
  /** Lets running calls finish, disconnects. Resolves when nothing of it is left. Idempotent. */
  stop(): Promise<void>;
  /**
   * Calls an action. Files and streams travel as S8 says.
   * @throws {TidegateError} with `dispatched`: whether the action may have started; a service's own error as `SERVICE_ERROR`.
   */
  call(scope: CallScope, request: CallRequest): Promise<unknown>;
  /** Sends an event. */
  publish?(scope: CallScope, request: PublishRequest): Promise<void>;
  /**
   * Says which events the gateway wants, whenever that changes. From then on the sink gets every such event, emitted or
   * broadcast. A broker that gets all of them anyway may ignore it, but must have the member to be able to subscribe.
   */
  events?(patterns: readonly string[]): void;
  /** Hands a report to one node of the service. Resolves also where nobody takes it. */
  report?(service: string, node: string, report: Report): Promise<void>;
  /** The other gateways on the same system (S9.4). */
  readonly peers?: Peers;
  /** How it does. */
  health?(): BrokerHealth;
}

/** How the gateways of one system talk to each other (S9.4): questions by name, answers as plain data. */
export interface Peers {
  /** What this gateway answers, by question. Called once, before `start`. */
  answer(answers: PeerAnswers): void;
  /**
   * Asks every other gateway that is there now, all at once. Who fails, or does not answer within `timeout` milliseconds,
   * is left out. Never rejects.
   */
  ask(question: string, params: Json, timeout: number): Promise<readonly PeerAnswer[]>;
}

/** Answers by question. What is asked comes from outside and is not checked. A throw answers nothing. */
export interface PeerAnswers {
  /** What is answered to one question. */
  readonly [question: string]: (params: unknown) => Json | Promise<Json>;
}

/** What one gateway answered. */
export interface PeerAnswer {
  /** Its node. */
  readonly node: string;
  /** Its answer, not checked. */
  readonly answer: unknown;
}

/** What a broker tells the gateway. */
export interface BrokerSink {
  /** A service is on a node, or what it publishes there changed. Replaces what was said of this pair before. */
  serviceUp(service: ServiceDescription, node: NodeDescription): void;
  /** A service is no longer on a node: it left, or was lost. */
  serviceDown(service: string, node: string, how: "left" | "lost"): void;
  /** An event came. */
  event(packet: EventPacket): void;
}

/** A service as one node publishes it. Data; everything in it comes from outside. */
export interface ServiceDescription {
  /** Full name: `v2.player` is not `player`. */
  readonly name: string;
  /** Its metadata without the fragment. */
  readonly metadata?: JsonObject;
  /** Its fragment (S1), not checked. Absent where it publishes none. */
  readonly fragment?: unknown;
  /**
   * True: callers that know nothing of branches reach it too, so a node of a branch takes its share of everybody's calls
   * and events (S13.1). Default false.
   */
  readonly exposed?: boolean;
  /** Higher is newer (S9.2). Default 0. */
  readonly revision?: number;
  /** What can be called. */
  readonly actions: readonly ActionDescription[];
  /** Event names and patterns that it listens to. */
  readonly events: readonly string[];
}

/** An action as its service declares it. */
export interface ActionDescription {
  /** Full name: `player.get`. */
  readonly name: string;
  /** What it takes: an object schema, translated by the broker from its own language. */
  readonly params?: JsonSchema;
  /** What it is. */
  readonly description?: string;
  /** False: not for callers outside of its service or node. Default true. */
  readonly published?: boolean;
}

/** A node. */
export interface NodeDescription {
  /** Unique in its broker. */
  readonly id: string;
  /** Where it runs. */
  readonly hostname?: string;
}

/** What to call. */
export interface CallRequest {
  /** Full name of the action. */
  readonly action: string;
  /** Its params: data, or a file or stream (S8). */
  readonly params: unknown;
  /** A stream beside the params (S6.2). */
  readonly stream?: Readable;
  /** The only nodes it may go to. Absent: any. */
  readonly nodes?: readonly string[];
  /** How many entries travel in it, where it is a batch (S5.4). */
  readonly batch?: number;
  /** Milliseconds. Default: the broker's own; the scope's deadline cuts it. */
  readonly timeout?: number;
}

/** What to send. */
export interface PublishRequest {
  /** Name of the event, never a pattern. */
  readonly event: string;
  /** Its payload. */
  readonly params: unknown;
  /** Groups that get it. Absent: all. */
  readonly groups?: readonly string[];
  /** True: to every node; false: to one node of each group. */
  readonly broadcast: boolean;
}

/** An event that came. */
export interface EventPacket {
  /** Its name. */
  readonly event: string;
  /** What it carries. */
  readonly payload: unknown;
  /** The node that sent it. */
  readonly node?: string;
  /** The groups that it was sent to. */
  readonly groups?: readonly string[];
  /** True: it went to every node. */
  readonly broadcast: boolean;
}

/** How a broker does. */
export interface BrokerHealth {
  /** `up`, `connecting` (also after a loss), or `failed` for good. */
  readonly state: "up" | "connecting" | "failed";
  /** Since when: milliseconds since the epoch. */
  readonly since: number;
  /** What is wrong, where something is. */
  readonly reason?: string;
}
