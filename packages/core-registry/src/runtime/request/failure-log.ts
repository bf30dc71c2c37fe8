import type { Clock } from "../../contracts/clock.ts";
import type { ErrorCode, TidegateError } from "../../contracts/errors.ts";
import type { Logger } from "../../contracts/logger.ts";
import { redactText } from "../redact.ts";

/** The request whose failure is logged. */
export interface FailedRequest {
  readonly requestId: string;
  /** Method and path as the client sent them, without the query: `GET /players/7`. */
  readonly target: string;
  /** The route, such as `GET /players/:id`; undefined where the request has none. */
  readonly route?: string | undefined;
  /** What failed, as a text: `the protocol 'REST' for service 'player'`, or a middleware. */
  readonly origin?: string | undefined;
  /** Where in the request it failed, such as a field of GraphQL. */
  readonly place?: string | undefined;
}

/** Writes the failures of requests to the log (S12.5). */
export interface RequestFailureLog {
  /**
   * Logs a failure of 500 or more: 503 and 504 at level `warn`, all others at `error`. Within a second, only
   * the first failure of a kind is logged; at the end of the second the last one, with the number of those
   * that were left out. A kind is a code, a route, an origin and an action. Failures below 500 have level
   * `debug`.
   */
  add(error: TidegateError, request: FailedRequest): void;
}

const windowMs = 1_000;
/** How many kinds are told apart within a second; all further ones count as one kind. */
const maxKinds = 1_000;
const maxLineLength = 1_000;
const maxStackLength = 4_000;
/** Failures of the gateway or of a plugin, whose stack tells where. */
const codesWithStack: ReadonlySet<ErrorCode> = new Set(["INTERNAL", "PLUGIN_FAILED", "REPLY_INVALID"]);

/** The failures of one kind in the current second. */
interface Window {
  /** The end of the second, in milliseconds since the epoch. */
  readonly until: number;
  leftOut: number;
  /** The last one that was left out. */
  last: readonly [error: TidegateError, request: FailedRequest] | undefined;
}

/** Creates the log of all requests of a gateway. It has a timer only while it leaves failures out. */
export function createRequestFailureLog(logger: Logger, clock: Clock): RequestFailureLog {
  const windows = new Map<string, Window>();

  const write = (kind: string, error: TidegateError, request: FailedRequest, more: number): void => {
    windows.set(kind, { until: clock.now() + windowMs, leftOut: 0, last: undefined });
    writeLine(logger, error, request, more);
  };
  const endWindow = (kind: string, { last, leftOut }: Window): void => {
    if (last !== undefined) write(kind, ...last, leftOut - 1);
  };

  return {
    add(error, request) {
      if (error.status < 500) {
        logger.debug(headOf(error, request), error);
        return;
      }
      const now = clock.now();
      const kind = kindOf(windows, error, request, now);
      const window = windows.get(kind);
      if (window === undefined || isOver(window, now)) {
        write(kind, error, request, 0);
        return;
      }
      window.leftOut += 1;
      window.last = [error, request];
      if (window.leftOut === 1) clock.after(window.until - now, () => endWindow(kind, window));
    },
  };
}

function kindOf(
  windows: Map<string, Window>,
  error: TidegateError,
  { route = "", origin = "" }: FailedRequest,
  now: number,
): string {
  const kind = `${error.code} ${route} ${origin} ${error.details.action ?? ""}`;
  if (windows.has(kind)) return kind;
  if (windows.size >= maxKinds)
    for (const [other, window] of windows) if (isOver(window, now)) windows.delete(other);
  return windows.size < maxKinds ? kind : "";
}

/** A second in which failures were left out ends with its timer. */
function isOver({ until, leftOut }: Window, now: number): boolean {
  return leftOut === 0 && now >= until;
}

/** @param more how many failures of the same kind are left out */
function writeLine(logger: Logger, error: TidegateError, request: FailedRequest, more: number): void {
  const line = describeFailure(error, request);
  const text = more === 0 ? line : `${line} (${more} more like this in the last second are left out)`;
  const details = codesWithStack.has(error.code) ? [stackOf(error)] : [];
  if (error.status === 503 || error.status === 504) logger.warn(text, ...details);
  else logger.error(text, ...details);
}

/** Describes a failure on one line, without secrets. */
function describeFailure(error: TidegateError, request: FailedRequest): string {
  const { route, origin, place } = request;
  const { action } = error.details;
  const parts = [
    headOf(error, request),
    route === undefined ? "" : ` in the route ${route}`,
    origin === undefined ? "" : ` of ${origin}`,
    place === undefined ? "" : `, ${place.slice(0, 200)}`,
    action === undefined ? "" : `, action ${action}`,
    `: ${error.message}`,
    causeOf(error),
  ];
  return redactText(parts.join("").replaceAll(/\p{Cc}+/gu, " "), maxLineLength);
}

function headOf({ status, code }: TidegateError, { requestId, target }: FailedRequest): string {
  return `${target.slice(0, 200)} ${status} ${code} (${requestId})`;
}

/** The message of the cause, where it says more than the error itself. */
function causeOf({ message, details: { cause } }: TidegateError): string {
  if (!(cause instanceof Error) || cause.message === "" || message.includes(cause.message)) return "";
  return ` Cause: ${cause.message}`;
}

function stackOf(error: TidegateError): string {
  const { cause } = error.details;
  const { stack, message } = cause instanceof Error ? cause : error;
  return redactText(stack ?? message, maxStackLength);
}
