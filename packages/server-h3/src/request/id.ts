import { randomUUID } from "node:crypto";

const requestIdForm = /^[\w.~+/=:-]{1,128}$/;
/** W3C trace context, level 1: version, trace id, parent id, flags; later versions may say more. */
const traceparentForm =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** A new correlation id. */
export function newId(): string {
  return randomUUID();
}

/** The correlation id of a request: its `x-request-id`, else the trace id of its `traceparent`, each where valid; else a new one. */
export function correlationId(request: { header(name: string): string | undefined }): string {
  const given = request.header("x-request-id");
  if (given !== undefined && requestIdForm.test(given)) return given;
  return traceIdOf(request.header("traceparent")) ?? newId();
}

function traceIdOf(traceparent: string | undefined): string | undefined {
  if (traceparent === undefined) return undefined;
  const match = traceparentForm.exec(traceparent);
  // Version 00 ends with the flags.
  if (match === null || (traceparent.startsWith("00") && traceparent.length !== 55)) return undefined;
  return match[1];
}
