/** Every error code with its HTTP status (S12.5), its WebSocket close code (RFC 6455) and its title. */
export const errorCodes = {
  BAD_REQUEST: { status: 400, close: 1008, title: "The request is not valid." },
  BAD_USER_INPUT: { status: 400, close: 1008, title: "A parameter has a value of the wrong type." },
  BODY_MALFORMED: { status: 400, close: 1007, title: "The request body cannot be parsed." },
  EVENT_NAME_INVALID: { status: 400, close: 1008, title: "The event name is not valid." },
  UNAUTHENTICATED: { status: 401, close: 4401, title: "Authentication required." },
  TOKEN_INVALID: { status: 401, close: 4401, title: "The access token is not valid." },
  TOKEN_EXPIRED: { status: 401, close: 4401, title: "The access token has expired." },
  FORBIDDEN: { status: 403, close: 4403, title: "Access denied." },
  NOT_FOUND: { status: 404, close: 4404, title: "No route matches this path." },
  BRANCH_UNKNOWN: { status: 404, close: 4404, title: "No such branch." },
  VERSION_UNKNOWN: { status: 404, close: 4404, title: "No such version." },
  FRAGMENT_UNKNOWN: { status: 404, close: 4404, title: "No such fragment." },
  METHOD_NOT_ALLOWED: { status: 405, close: 1008, title: "Method not allowed for this path." },
  REQUEST_TIMEOUT: { status: 408, close: 1008, title: "The request was not received in time." },
  BODY_TOO_LARGE: { status: 413, close: 1009, title: "The request body is larger than the limit." },
  MESSAGE_TOO_LARGE: { status: 413, close: 1009, title: "The message is larger than the limit." },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    close: 1003,
    title: "The media type of the request body is not supported.",
  },
  RATE_LIMITED: { status: 429, close: 1013, title: "Too many requests." },
  SLOW_CONSUMER: { status: 429, close: 1013, title: "The client does not read messages fast enough." },
  CANCELLED: { status: 499, close: 1001, title: "The client closed the request." },
  INTERNAL: { status: 500, close: 1011, title: "Internal server error." },
  REPLY_INVALID: { status: 500, close: 1011, title: "The response of the service is not valid." },
  SERVICE_ERROR: { status: 500, close: 1011, title: "The service returned an error." },
  FUNCTION_SYNTAX: { status: 500, close: 1011, title: "An API function has a syntax error." },
  FUNCTION_THREW: { status: 500, close: 1011, title: "An API function threw an error." },
  FUNCTION_TIMEOUT: { status: 500, close: 1011, title: "An API function exceeded its time limit." },
  FUNCTION_MEMORY: { status: 500, close: 1011, title: "An API function exceeded its memory limit." },
  FUNCTION_RESULT: {
    status: 500,
    close: 1011,
    title: "An API function returned a value that is not plain data.",
  },
  FUNCTION_OFF: {
    status: 500,
    close: 1011,
    title: "An API function is disabled because it exceeded its limits.",
  },
  CONFIG_INVALID: { status: 500, close: 1011, title: "The configuration is not valid." },
  PLUGIN_INVALID: { status: 500, close: 1011, title: "A plugin does not implement its contract." },
  PLUGIN_FAILED: { status: 500, close: 1011, title: "A plugin of the gateway failed." },
  CAPABILITY_MISSING: { status: 501, close: 1011, title: "The broker does not support this operation." },
  ACTION_UNAVAILABLE: { status: 503, close: 1013, title: "The service is not available. Try again later." },
  STARTING: { status: 503, close: 1013, title: "The gateway is starting. Try again later." },
  BROKER_UNAVAILABLE: {
    status: 503,
    close: 1013,
    title: "The broker is not connected. Try again later.",
  },
  DEPENDENCY_UNAVAILABLE: {
    status: 503,
    close: 1013,
    title: "A required dependency is not available. Try again later.",
  },
  CALL_TIMEOUT: { status: 504, close: 1013, title: "The service did not respond in time." },
} as const;

/** The status, close code and title that clients receive for an error code. */
export interface ErrorMeaning {
  readonly status: number;
  /** The code with which an open WebSocket is closed. */
  readonly close: number;
  /** The message that clients receive where the error's own message is not exposed. */
  readonly title: string;
}

/** The codes of the errors that Tidegate itself raises. */
export type ErrorCode = keyof typeof errorCodes;

/** Looks up the status, close code and title of an error code. */
export function errorMeaning(code: ErrorCode): ErrorMeaning {
  return errorCodes[code];
}

/** Details that the constructor of `TidegateError` takes; all are optional. */
export interface ErrorDetails {
  /** The error that caused this one. It is logged; clients never receive it. */
  readonly cause?: unknown;
  /** The action whose call failed. It is logged; clients never receive it. */
  readonly action?: string;
  /** A status from 400 to 599 that the service chose, instead of the code's own. */
  readonly status?: number;
  /** The service's own code, such as `PLAYER_RETIRED`. Clients receive it instead of the `ErrorCode`. */
  readonly serviceCode?: string;
  /** Data that the client receives, such as the `data` of a service's error. */
  readonly data?: unknown;
  /**
   * Set for failed calls: whether the call was sent to a node. False: the call can be sent to another node.
   */
  readonly dispatched?: boolean;
  /** Seconds after which the client can retry. */
  readonly retryAfter?: number;
  /** Headers that the response must have, such as `allow` or `www-authenticate`. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /**
   * True: clients receive the message although the status is 500 or higher. Below 500 they always receive it.
   */
  readonly exposed?: boolean;
}

/** The one error class of Tidegate. The code decides which status and close code the client receives. */
export class TidegateError extends Error {
  // `isTidegateError` compares the name, because another copy of this package has another class.
  override readonly name = "TidegateError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** @param message what happened, as a sentence for people; default: the title of the code */
  constructor(code: ErrorCode, message: string = errorCodes[code].title, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The HTTP status: the service's own, or that of the code. */
  get status(): number {
    return this.details.status ?? errorMeaning(this.code).status;
  }
}

/** Checks whether a thrown value is a `TidegateError`, including one of another copy of this package. */
export function isTidegateError(error: unknown): error is TidegateError {
  if (!(error instanceof Error) || error.name !== "TidegateError") return false;
  return "details" in error && "code" in error && Object.hasOwn(errorCodes, String(error.code));
}

/** What a client receives of an error (S12.5). Plain data. */
export interface PublicError {
  /** The HTTP status, from 400 to 599. */
  readonly status: number;
  /** The code with which an open WebSocket is closed. */
  readonly close: number;
  /** The service's own code where the error is exposed, else the `ErrorCode`. */
  readonly code: string;
  readonly message: string;
  /** The data that the service gave, where the error is exposed. */
  readonly data?: unknown;
  /** Seconds after which the client can retry. */
  readonly retryAfter?: number;
}

/**
 * Returns what a client receives of a thrown value (S12.5): protocols build their error replies from it. An
 * error of 500 or more hides its message and data unless it is exposed; a value that is no `TidegateError` is
 * an internal error.
 * @param exposeErrors true: clients receive the messages of all errors. Default false
 */
export function publicError(thrown: unknown, exposeErrors = false): PublicError {
  if (!isTidegateError(thrown)) {
    const { status, close, title } = errorMeaning("INTERNAL");
    const message = exposeErrors && thrown instanceof Error ? thrown.message : title;
    return { status, close, code: "INTERNAL", message };
  }
  const { details } = thrown;
  const { close, title, status: ownStatus } = errorMeaning(thrown.code);
  const { status: given } = thrown;
  const status = Number.isInteger(given) && given >= 400 && given <= 599 ? given : ownStatus;
  const isExposed = details.exposed ?? (exposeErrors || status < 500);
  return {
    status,
    close,
    code: (isExposed ? details.serviceCode : undefined) ?? thrown.code,
    message: isExposed ? thrown.message : title,
    ...(isExposed && details.data !== undefined ? { data: details.data } : {}),
    ...retryAfterOf(thrown),
  };
}

/** The codes of calls that can succeed as soon as a node or a connection is back (S9.3). */
const recoveringCodes: ReadonlySet<ErrorCode> = new Set([
  "ACTION_UNAVAILABLE",
  "BROKER_UNAVAILABLE",
  "DEPENDENCY_UNAVAILABLE",
]);

/** Seconds after which a client can retry where the error does not say it. */
const defaultRetryAfter = 2;

function retryAfterOf({ code, details: { retryAfter } }: TidegateError): Pick<PublicError, "retryAfter"> {
  if (isSeconds(retryAfter)) return { retryAfter };
  return recoveringCodes.has(code) ? { retryAfter: defaultRetryAfter } : {};
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
