import { validateHeaderName, validateHeaderValue } from "node:http";
import { Readable } from "node:stream";
import { hopByHopHeaders } from "@tidegate/core-registry/runtime";
import { isMembers } from "../suite/values.ts";

const bodylessStatus: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/**
 * Describes why a reply of a hook cannot be sent; undefined where it can.
 *
 * @param isSwitch whether the given reply accepts an upgrade: then the status can also be 101
 */
export function replyProblem(reply: unknown, isSwitch = false): string | undefined {
  if (!isMembers(reply)) return `no reply, but ${reply === null ? "null" : typeof reply}`;
  const { status, headers, body } = reply;
  const isStatus = typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599;
  if (!isStatus && !(isSwitch && status === 101)) return `\`status\` is ${String(status)}`;
  if (!Array.isArray(headers)) return "`headers` is no list";
  return headersProblem(headers) ?? bodyProblem(Number(status), body);
}

function headersProblem(headers: readonly unknown[]): string | undefined {
  for (const header of headers) {
    const [name, value, ...rest]: readonly unknown[] = Array.isArray(header) ? header : [];
    if (typeof name !== "string" || typeof value !== "string" || rest.length > 0)
      return "`headers` has an item that is no pair of texts";
    const problem = headerProblem(name, value);
    if (problem !== undefined) return `the header ${JSON.stringify(name)} ${problem}`;
  }
  return undefined;
}

function headerProblem(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    return `with the value ${JSON.stringify(value.slice(0, 80))} is not valid`;
  }
  if (name !== name.toLowerCase()) return "is not in lower case";
  return hopByHopHeaders.has(name) ? "belongs to the connection: only the server sets it" : undefined;
}

function bodyProblem(status: number, body: unknown): string | undefined {
  const isBody =
    body === null || typeof body === "string" || body instanceof Uint8Array || body instanceof Readable;
  if (!isBody) return `\`body\` is ${typeof body}, which is no text, bytes, stream or null`;
  const isEmpty = body === null || (!(body instanceof Readable) && body.length === 0);
  return bodylessStatus.has(status) && !isEmpty ? `a reply of status ${status} has a body` : undefined;
}
