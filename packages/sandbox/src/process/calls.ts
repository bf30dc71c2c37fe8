import { type CompileFunctionOptions, TidegateError } from "@tidegate/core-registry";
import { codeFrame } from "@tidegate/core-registry/runtime";
import type { EncodedArgument } from "../values.ts";
import { type FunctionDefinition, type Message, replyKind, type ThrownError } from "./messages.ts";

/**
 * A function as the gateway knows it. The same source of the same service is one function, however often
 * compiled.
 */
export interface KnownFunction extends FunctionDefinition {
  /** The text as the developer wrote it. */
  readonly source: string;
  /** When it exceeded a limit, oldest first, in milliseconds since the epoch. */
  offences: number[];
  /** The error of every further call; set when the function is switched off. */
  disabled?: TidegateError;
  /** The engine's error for its definition. */
  compileError?: string;
}

/** A call that waits for its result. */
export interface PendingCall {
  readonly id: number;
  readonly fn: KnownFunction;
  readonly options: CompileFunctionOptions;
  readonly argument: EncodedArgument;
  /** How often it was sent again because its process ended through no fault of its own. */
  reruns: number;
  /** Whether a signal from outside ended a process while this call ran there. */
  wasKilled?: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The error of a call whose reply is neither a result nor an exceeded limit. */
export function errorOf(call: PendingCall, { kind, text }: Message, timeout: number): TidegateError {
  switch (kind) {
    case replyKind.threw:
      return threwError(call, JSON.parse(text));
    case replyKind.invalidResult:
      return resultError(call, String(JSON.parse(text)));
    case replyKind.unknownFunction:
      return compileError(call);
    default:
      return timeoutError(call, timeout);
  }
}

function threwError({ options, fn }: PendingCall, { message, line, column }: ThrownError): TidegateError {
  const threw = `${options.label} threw ${message}`;
  if (line === undefined || column === undefined) return new TidegateError("FUNCTION_THREW", threw);
  const frame = codeFrame(fn.source, line, column);
  return new TidegateError("FUNCTION_THREW", `${threw} (line ${line}, column ${column})\n${frame}`);
}

/** The engine rejected a source that the parser accepts. The next call sends the definition again. */
function compileError({ options, fn }: PendingCall): TidegateError {
  const reason = fn.compileError;
  delete fn.compileError;
  return new TidegateError("FUNCTION_SYNTAX", `${options.label} does not compile: ${reason}`);
}

/** `FUNCTION_RESULT`: the result is not data. */
export function resultError({ options }: PendingCall, reason: string, cause?: unknown): TidegateError {
  return new TidegateError("FUNCTION_RESULT", `${options.label}: ${reason}`, { cause });
}

/** `FUNCTION_TIMEOUT`: the call exceeded its time limit. */
export function timeoutError({ options }: PendingCall, timeout: number): TidegateError {
  return new TidegateError("FUNCTION_TIMEOUT", `${options.label} took more than ${timeout} ms`);
}

/** `FUNCTION_MEMORY`: the call exceeded its service's memory limit. */
export function memoryError({ options }: PendingCall, memory: number): TidegateError {
  return new TidegateError("FUNCTION_MEMORY", `${options.label} took more than ${memory} MB`);
}

/** `FUNCTION_OFF`: the function is switched off. */
export function disabledError(label: string, offences: number): TidegateError {
  return new TidegateError(
    "FUNCTION_OFF",
    `${label} is switched off: it exceeded a limit ${offences} times within a minute. Publish a changed one`,
  );
}

/** `DEPENDENCY_UNAVAILABLE`: no process can run the call. */
export function unavailableError(reason: string, cause?: unknown): TidegateError {
  return new TidegateError("DEPENDENCY_UNAVAILABLE", `The sandbox ${reason}`, { cause, retryAfter: 1 });
}
