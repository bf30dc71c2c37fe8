import type { Readable } from "node:stream";
import type { JsonObject, JsonSchema, Report } from "@tidegate/core-registry";

/** A service of a test, for any broker. */
export interface TestService {
  /** The full name, with its version: `player`, `v2.player`. */
  readonly name: string;
  /** Any value, also an invalid fragment. Absent: the service publishes none. */
  readonly fragment?: unknown;
  /** Of two fragments, the one with the higher revision is newer (S9.2). */
  readonly revision?: number;
  /**
   * True: callers of other branches can call it, although its fragment belongs to a branch (S13.1). Default
   * false.
   */
  readonly exposed?: boolean;
  readonly metadata?: JsonObject;
  /** Actions by short name: `get` of `player` is called `player.get`. */
  readonly actions?: Readonly<Record<string, TestAction | TestHandler>>;
  /** Listeners by event name or pattern. */
  readonly events?: Readonly<Record<string, TestListener | TestEventHandler>>;
  /** Receives its reports. Absent: the service receives none. */
  readonly report?: (report: Report) => void;
}

/** An action with its declarations: params, description and visibility. */
export interface TestAction {
  /** An object schema. Declared, not checked. */
  readonly params?: JsonSchema;
  readonly description?: string;
  /** False: only its own service can call it. */
  readonly published?: boolean;
  /** Default: a handler that returns null. */
  readonly handler?: TestHandler;
}

/** The handler of an action. A thrown error becomes the error of the service. */
export type TestHandler = (call: TestCall) => unknown;

/** A call as its handler receives it. */
export interface TestCall {
  /** The full name, such as `player.get`. */
  readonly action: string;
  /** The id of the node that runs the action. */
  readonly node: string;
  /** Typed as the usual case, an object. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Present where the params as a whole were a file or a stream (S8). */
  readonly stream?: Readable;
  /** The metadata of the call, such as its branch and deadline (S13.4). */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** An event listener with its group. */
export interface TestListener {
  /** An emitted event goes to one node of each group. Default: the service's name. */
  readonly group?: string;
  readonly handler: TestEventHandler;
}

/** The handler of an event. Its result is ignored, because an event has no answer. */
export type TestEventHandler = (event: TestEvent) => void;

/** An event as its handler receives it. */
export interface TestEvent {
  readonly event: string;
  readonly payload: unknown;
  /** The id of the node that received the event. */
  readonly node: string;
  /** True: it was sent to every node. */
  readonly broadcast: boolean;
}

/** Parts of a service's error beside its message. */
export interface ServiceErrorParts {
  /** 400 to 599 becomes the status. */
  readonly code?: number;
  /** The service's own code of the error, such as `PLAYER_RETIRED`. */
  readonly type?: string;
  /** Additional data, which the gateway sends to the client. */
  readonly data?: unknown;
}

/** Creates an error for an action to throw. Every broker understands it. */
export function serviceError(message: string, parts: ServiceErrorParts = {}): Error {
  return Object.assign(new Error(message), parts);
}
