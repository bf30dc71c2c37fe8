import { type Header, publicError, type Reply, type TidegateError } from "@tidegate/core-registry";
import { reasonPhrase } from "./write.ts";

/** Settings for the conversion of errors to problem documents. */
export interface ProblemSettings {
  /** Whether clients can read the messages of internal errors. */
  readonly exposeErrors: boolean;
  /** `WWW-Authenticate` of a 401 whose error has no challenge of its own (RFC 9110, 11.6.1). */
  readonly challenge: string;
}

/** The reply for an error: `application/problem+json` (RFC 9457, S12.5). All error replies are made here. */
export function problemReply(error: TidegateError, requestId: string, settings: ProblemSettings): Reply {
  const { status, code, message, data, retryAfter } = publicError(error, settings.exposeErrors);
  const problem = {
    type: "about:blank",
    title: reasonPhrase(status),
    status,
    detail: message,
    code,
    requestId,
    ...(data === undefined ? {} : { data }),
  };
  return {
    status,
    headers: [
      ["content-type", "application/problem+json"],
      ["cache-control", "no-store"],
      ...(error.details.headers ?? []),
      ...retryAfterHeader(retryAfter),
      ...challenge(error, status, settings),
    ],
    body: stringify(problem),
  };
}

/** Whether the connection is closed after the reply, because the rest of the request body is not read. */
export function closesConnection(error: TidegateError): boolean {
  return error.details.headers?.some(([name]) => name === "connection") ?? false;
}

function retryAfterHeader(seconds: number | undefined): readonly Header[] {
  return seconds === undefined ? [] : [["retry-after", String(Math.ceil(seconds))]];
}

function challenge(error: TidegateError, status: number, settings: ProblemSettings): readonly Header[] {
  if (status !== 401 || error.details.headers?.some(([name]) => name === "www-authenticate")) return [];
  return [["www-authenticate", settings.challenge]];
}

/** The data of an error comes from a service. It is left out where JSON cannot represent it. */
function stringify(problem: { readonly data?: unknown }): string {
  try {
    return JSON.stringify(problem);
  } catch {
    return JSON.stringify({ ...problem, data: undefined });
  }
}
