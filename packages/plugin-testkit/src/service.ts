import type { Readable } from "node:stream";
import type { JsonObject, JsonSchema, Report } from "@tidegate/core-registry";

/** A service that a test puts on a node, whatever the broker. */
export interface TestService {
  /** Full name: `player`, `v2.player`. */
  readonly name: string;
  /** The fragment that it publishes; absent for none. May be anything, faulty too. */
  readonly fragment?: unknown;
  /** Higher is newer (S9.2). */
  readonly revision?: number;
  /** Whether callers of other branches reach it too, although its fragment is of a branch (S13.1). Default false. */
  readonly exposed?: boolean;
  /** Its other metadata. */
  readonly metadata?: JsonObject;
  /** Actions by short name: `get` of `player` is called `player.get`. */
  readonly actions?: Readonly<Record<string, TestAction | TestHandler>>;
  /** Listeners by event name or pattern. */
  readonly events?: Readonly<Record<string, TestListener | TestEventHandler>>;
  /** Takes its reports. Absent: it takes none. */
  readonly report?: (report: Report) => void;
}

/** An action with what it declares. */
export interface TestAction {
  /** What it takes, an object schema. Declared, not checked. */
  readonly params?: JsonSchema;
  /** What it is. */
  readonly description?: string;
  /** False: not for callers outside of its service. */
  readonly published?: boolean;
  /** What it does. Default: answers null. */
  readonly handler?: TestHandler;
}

/** What an action does: its value or promise is the answer; what it throws is the service's error. */
export type TestHandler = (call: TestCall) => unknown;

/** A call as its action sees it. */
export interface TestCall {
  /** Full name of the action. */
  readonly action: string;
  /** The node that runs it. */
  readonly node: string;
  /** What was given. An object nearly always: typed so. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The bytes or objects, where the whole params were a file or stream (S8). */
  readonly stream?: Readable;
  /** What travelled beside the params (S13.4). */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** A listener in a group of its own. */
export interface TestListener {
  /** An emitted event goes to one node of each group. Default: the service's name. */
  readonly group?: string;
  /** What it does. */
  readonly handler: TestEventHandler;
}

/** Takes an event. */
export type TestEventHandler = (event: TestEvent) => void;

/** An event as a service sees it. */
export interface TestEvent {
  /** Its name. */
  readonly event: string;
  /** What it carries. */
  readonly payload: unknown;
  /** The node that got it. */
  readonly node: string;
  /** True: it went to every node. */
  readonly broadcast: boolean;
}

/** What can be said of a service's error beside its message. */
export interface ServiceErrorParts {
  /** 400 to 599 becomes the status. */
  readonly code?: number;
  /** The service's own code: `PLAYER_RETIRED`. */
  readonly type?: string;
  /** Data for the client. */
  readonly data?: unknown;
}

/** Makes the error that an action throws, as services of every broker can throw it. */
export function serviceError(message: string, parts: ServiceErrorParts = {}): Error {
  return Object.assign(new Error(message), parts);
}
