import type { Protocol, Sandbox } from "@tidegate/core-registry";
import { knownFunctions } from "../known-functions.ts";
import type { RequestParts } from "../request.ts";
import type { TestHandler } from "../service.ts";
import type { Check } from "../suite/check.ts";

/** A request to a route of a part, with the reply or the messages that the client receives. */
export interface RouteExample extends RequestParts {
  /** The status of the reply. Default: any from 200 to 399. */
  readonly status?: number;
  /** What the body has, at any depth: parsed where it is JSON, else a text. Default: it is not compared. */
  readonly body?: unknown;
  /** Opens a WebSocket, and sends these messages. Absent: an HTTP request. */
  readonly messages?: readonly string[];
  /** The messages that the client of the WebSocket receives, in order. Default: they are not compared. */
  readonly received?: readonly string[];
}

/** A valid part of a fragment, with requests to its routes. */
export interface PartExample {
  readonly input: unknown;
  /** The same part with other documentation. Default: none is compared. */
  readonly documented?: unknown;
  readonly requests?: readonly RouteExample[];
}

/** A protocol under test, as `testProtocol` receives it. */
export interface ProtocolSuite {
  /** The title of the suite. Default: `the protocol NAME fulfils its contract`. */
  readonly name?: string;
  /** Creates the protocol. Each check has one of its own. */
  readonly make: () => Protocol;
  /** Parts of different services: they do not conflict. */
  readonly parts: readonly PartExample[];
  /** Parts that the schema, or an error among the findings of `compile`, refuses. */
  readonly invalidParts: readonly unknown[];
  /** The actions that the parts call, by their full name. Default none. */
  readonly actions?: Readonly<Record<string, TestHandler>>;
  /** Context values of the requests. Default none. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Runs the functions of parts. Default: one that knows no function. */
  readonly sandbox?: Sandbox;
  /** The limit of each check in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** A check of the contract of protocols. */
export type ProtocolCheck = Check<ProtocolSuite>;

/** The service to which a part belongs: the first is `example0`. */
export function serviceOf(index: number): string {
  return `example${index}`;
}

/** The sandbox of a suite. */
export function sandboxOf({ sandbox = knownFunctions() }: ProtocolSuite): Sandbox {
  return sandbox;
}
