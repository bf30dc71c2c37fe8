/** What each code means outside: one table for HTTP status (S12.5), WebSocket close code (RFC 6455) and text. */
export const errorCodes = {
  BAD_REQUEST: { status: 400, close: 1008, title: "The request cannot be understood." },
  BAD_USER_INPUT: { status: 400, close: 1008, title: "A parameter has a value of the wrong kind." },
  BODY_MALFORMED: { status: 400, close: 1007, title: "The body cannot be read." },
  EVENT_NAME_INVALID: { status: 400, close: 1008, title: "That is no name of an event." },
  UNAUTHENTICATED: { status: 401, close: 4401, title: "Say who you are." },
  TOKEN_INVALID: { status: 401, close: 4401, title: "The token is not valid." },
  TOKEN_EXPIRED: { status: 401, close: 4401, title: "The token has expired. Refresh it and try again." },
  FORBIDDEN: { status: 403, close: 4403, title: "You may not do this." },
  NOT_FOUND: { status: 404, close: 4404, title: "There is nothing here." },
  BRANCH_UNKNOWN: { status: 404, close: 4404, title: "There is no such branch." },
  VERSION_UNKNOWN: { status: 404, close: 4404, title: "There is no such version." },
  FRAGMENT_UNKNOWN: { status: 404, close: 4404, title: "There is no such fragment." },
  METHOD_NOT_ALLOWED: { status: 405, close: 1008, title: "The path is right, the method is not." },
  REQUEST_TIMEOUT: { status: 408, close: 1008, title: "The request took too long to arrive." },
  BODY_TOO_LARGE: { status: 413, close: 1009, title: "The body is larger than allowed." },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, close: 1003, title: "A body of this kind is not understood." },
  RATE_LIMITED: { status: 429, close: 1013, title: "Too many requests." },
  SLOW_CONSUMER: { status: 429, close: 1013, title: "Messages were not taken fast enough." },
  CANCELLED: { status: 499, close: 1001, title: "The client went away." },
  INTERNAL: { status: 500, close: 1011, title: "Something went wrong here." },
  REPLY_INVALID: { status: 500, close: 1011, title: "The service's answer cannot be sent." },
  SERVICE_ERROR: { status: 500, close: 1011, title: "The service answered with an error." },
  FUNCTION_SYNTAX: { status: 500, close: 1011, title: "A function of the API cannot be read." },
  FUNCTION_THREW: { status: 500, close: 1011, title: "A function of the API failed." },
  FUNCTION_TIMEOUT: { status: 500, close: 1011, title: "A function of the API took too long." },
  FUNCTION_MEMORY: { status: 500, close: 1011, title: "A function of the API took too much memory." },
  FUNCTION_RESULT: { status: 500, close: 1011, title: "A function of the API returned no data." },
  FUNCTION_OFF: { status: 500, close: 1011, title: "A function of the API was switched off." },
  CONFIG_INVALID: { status: 500, close: 1011, title: "The configuration is wrong." },
  PLUGIN_INVALID: { status: 500, close: 1011, title: "A plugin does not keep its contract." },
  CAPABILITY_MISSING: { status: 501, close: 1011, title: "The broker cannot do this." },
  ACTION_UNAVAILABLE: { status: 503, close: 1013, title: "The service is not there. Try again." },
  STARTING: { status: 503, close: 1013, title: "The gateway is starting. Try again." },
  BROKER_UNAVAILABLE: {
    status: 503,
    close: 1013,
    title: "The distributed system cannot be reached. Try again.",
  },
  DEPENDENCY_UNAVAILABLE: {
    status: 503,
    close: 1013,
    title: "Something that this needs is not there. Try again.",
  },
  CALL_TIMEOUT: { status: 504, close: 1013, title: "The service did not answer in time." },
} as const;

/** What a code means outside. */
export interface ErrorMeaning {
  /** HTTP status. */
  readonly status: number;
  /** WebSocket close code. */
  readonly close: number;
  /** What a client is told where the error itself may not be shown. */
  readonly title: string;
}

/** Every code of ours. */
export type ErrorCode = keyof typeof errorCodes;

/** What a code means outside. */
export function errorMeaning(code: ErrorCode): ErrorMeaning {
  return errorCodes[code];
}

/** What can be said of an error beside its code and message. */
export interface ErrorDetails {
  /** What it came from: kept for logs, hidden from clients. */
  readonly cause?: unknown;
  /** A status other than the code's: a service's own, 400 to 599. */
  readonly status?: number;
  /** The service's own code: `PLAYER_RETIRED`. Shown instead of ours. */
  readonly serviceCode?: string;
  /** Data for the client, as the service gave it. */
  readonly data?: unknown;
  /** Calls: whether the action may have started. Not dispatched: it may be sent elsewhere. */
  readonly dispatched?: boolean;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number;
  /** Headers that the answer must carry (`allow`, `www-authenticate`). */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Whether clients may read the message though the status is 5xx. Default: they may below 500. */
  readonly exposed?: boolean;
}

/** The one error class. Its code decides what becomes of it outside; its cause is kept. */
export class TidegateError extends Error {
  /** Tells it from others across copies of this package. */
  override readonly name = "TidegateError";
  /** What happened, for programs. */
  readonly code: ErrorCode;
  /** What else is known. */
  readonly details: ErrorDetails;

  /** @param message what happened, for people */
  constructor(code: ErrorCode, message: string = errorCodes[code].title, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The HTTP status that it answers. */
  get status(): number {
    return this.details.status ?? errorMeaning(this.code).status;
  }
}

/** Whether something thrown is ours, also from another copy of this package. */
export function isTidegateError(error: unknown): error is TidegateError {
  if (!(error instanceof Error) || error.name !== "TidegateError") return false;
  return "details" in error && "code" in error && Object.hasOwn(errorCodes, String(error.code));
}
