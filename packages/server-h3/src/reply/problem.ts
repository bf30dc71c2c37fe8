import {
  errorMeaning,
  type Header,
  isTidegateError,
  type Reply,
  TidegateError,
} from "@tidegate/core-registry";
import { reasonOf } from "./response.ts";

/** What a problem is written with. */
export interface ProblemSettings {
  /** Whether clients may read what went wrong inside. */
  readonly exposeErrors: boolean;
  /** The challenge of a 401 that brings none of its own (RFC 9110, 11.6.1). */
  readonly challenge: string;
}

/** What was thrown, as one of ours: what nobody foresaw is `INTERNAL`. */
export function asTidegateError(error: unknown): TidegateError {
  return isTidegateError(error) ? error : new TidegateError("INTERNAL", messageOf(error), { cause: error });
}

/** The one place where an error becomes an answer: `application/problem+json` (RFC 9457, S12.5). */
export function problemReply(error: TidegateError, requestId: string, settings: ProblemSettings): Reply {
  const { code, details } = error;
  const status = statusOf(error);
  const exposed = isExposed(error, settings);
  const problem = {
    type: "about:blank",
    title: reasonOf(status),
    status,
    detail: publicMessage(error, settings),
    code: (exposed ? details.serviceCode : undefined) ?? code,
    requestId,
    ...(exposed && details.data !== undefined ? { data: details.data } : {}),
  };
  return {
    status,
    headers: [
      ["content-type", "application/problem+json"],
      ["cache-control", "no-store"],
      ...(details.headers ?? []),
      ...retryAfter(details.retryAfter),
      ...challenge(error, status, settings),
    ],
    body: stringify(problem),
  };
}

/** What a client may be told of an error in words. */
export function publicMessage(error: TidegateError, settings: ProblemSettings): string {
  return isExposed(error, settings) ? error.message : errorMeaning(error.code).title;
}

/** Whether the connection cannot be used after the answer: a body is left unread. */
export function closesConnection(error: TidegateError): boolean {
  return error.details.headers?.some(([name]) => name === "connection") ?? false;
}

function isExposed(error: TidegateError, settings: ProblemSettings): boolean {
  return error.details.exposed ?? (settings.exposeErrors || statusOf(error) < 500);
}

function statusOf({ status, code }: TidegateError): number {
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : errorMeaning(code).status;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something was thrown that is no error.";
}

function retryAfter(seconds: number | undefined): readonly Header[] {
  return seconds === undefined ? [] : [["retry-after", String(Math.max(0, Math.ceil(seconds)))]];
}

function challenge(error: TidegateError, status: number, settings: ProblemSettings): readonly Header[] {
  if (status !== 401 || error.details.headers?.some(([name]) => name === "www-authenticate")) return [];
  return [["www-authenticate", settings.challenge]];
}

/** Data that came with an error may be anything: what JSON cannot say is left out. */
function stringify(problem: { readonly data?: unknown }): string {
  try {
    return JSON.stringify(problem);
  } catch {
    return JSON.stringify({ ...problem, data: undefined });
  }
}
