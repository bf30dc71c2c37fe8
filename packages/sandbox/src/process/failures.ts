import { codeFrame, TidegateError } from "@tidegate/core-registry";
import type { PendingCall } from "./call.ts";
import type { Reply, Thrown } from "./wire.ts";

/** What a child's answer means that is neither a result nor an offence. */
export function failureOf(call: PendingCall, { kind, text }: Reply, timeout: number): TidegateError {
  if (kind === "t") return threw(call, JSON.parse(text));
  if (kind === "n") return noData(call, String(JSON.parse(text)));
  if (kind === "?") return notCompiled(call);
  return tookTooLong(call, timeout);
}

/** It threw: what, where, with the lines around. */
function threw({ compiled, known }: PendingCall, { message, line, column }: Thrown): TidegateError {
  const said = `${compiled.label} threw ${message}`;
  if (line === undefined || column === undefined) return new TidegateError("FUNCTION_THREW", said);
  const frame = codeFrame(known.source, line, column);
  return new TidegateError("FUNCTION_THREW", `${said} (line ${line}, column ${column})\n${frame}`);
}

function noData({ compiled }: PendingCall, why: string): TidegateError {
  return new TidegateError("FUNCTION_RESULT", `${compiled.label}: ${why}`);
}

/** The engine refused a text that the parser took; asked again, it may take it. */
function notCompiled({ compiled, known }: PendingCall): TidegateError {
  const why = known.refused;
  delete known.refused;
  return new TidegateError("FUNCTION_SYNTAX", `${compiled.label} does not compile: ${why}`);
}

/** It took too long. */
export function tookTooLong({ compiled }: PendingCall, timeout: number): TidegateError {
  return new TidegateError("FUNCTION_TIMEOUT", `${compiled.label} took more than ${timeout} ms`);
}

/** It took too much memory. */
export function tookTooMuch({ compiled }: PendingCall, memory: number): TidegateError {
  return new TidegateError("FUNCTION_MEMORY", `${compiled.label} took more than ${memory} MB`);
}

/** It is switched off. */
export function switchedOff(label: string, times: number): TidegateError {
  return new TidegateError(
    "FUNCTION_OFF",
    `${label} was switched off: it broke a limit ${times} times within a minute. A changed text switches it on again`,
  );
}

/** There is no process for it. */
export function noProcess(why: string, cause?: unknown): TidegateError {
  return new TidegateError("DEPENDENCY_UNAVAILABLE", `The sandbox ${why}`, { cause, retryAfter: 1 });
}
