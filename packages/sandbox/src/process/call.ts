import type { CompileFunctionOptions, TidegateError } from "@tidegate/core-registry";
import type { EncodedArgument } from "../values/argument.ts";
import type { FunctionText } from "./wire.ts";

/** A function's text as the pool knows it: one for all that compile the same text for the same service. */
export interface KnownFunction extends FunctionText {
  /** The text as it was written. */
  readonly source: string;
  /** When it broke a limit, newest last: milliseconds since the epoch. */
  offences: number[];
  /** Set: it was switched off, and this is why. */
  off?: TidegateError;
  /** Set: the engine refused the text. */
  refused?: string;
}

/** One call that waits for its result. */
export interface PendingCall {
  /** Its number. */
  readonly id: number;
  /** What is called. */
  readonly known: KnownFunction;
  /** Who asked. */
  readonly compiled: CompileFunctionOptions;
  /** With what. */
  readonly argument: EncodedArgument;
  /** How often it was sent again because somebody else broke a limit. */
  reruns: number;
  /** Ends it well. */
  resolve(value: unknown): void;
  /** Ends it. */
  reject(error: Error): void;
}
