import {
  type ErrorCode,
  isTidegateError,
  type Middleware,
  type MiddlewareInput,
  type Reply,
  type TidegateError,
} from "@tidegate/core-registry";
import { httpRequest, type RequestParts } from "../request.ts";
import { contextOf } from "../scopes.ts";
import type { Check, CheckContext } from "../suite/check.ts";
import { replyProblem } from "./shape.ts";

/** A request, and what the hooks do with it. */
export interface MiddlewareExample {
  readonly request: RequestParts;
  /** Whether the client asks for a WebSocket. Default false. */
  readonly isUpgrade?: boolean;
  /** The status with which `request` answers. Default: the request continues. */
  readonly answers?: number;
  /** The code of the error that `request` throws. Default: it throws none. */
  readonly fails?: ErrorCode;
  /** Headers that the sent reply has, by name in lower case. Default: they are not compared. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that `reply` replaces by others, such as `{ 200: 304 }`. Default: it keeps each status. */
  readonly replaces?: Readonly<Record<number, number>>;
}

/** An error, and how the hook `error` answers it. */
export interface ErrorExample {
  readonly code: ErrorCode;
  readonly request?: RequestParts;
  /** The status of the reply, which can be less than 400. Default: the hook returns undefined. */
  readonly answers?: number;
}

/** A middleware under test, as `testMiddleware` receives it. */
export interface MiddlewareSuite {
  /** The title of the suite. Default: `the middleware NAME fulfils its contract`. */
  readonly name?: string;
  /** Creates the middleware. Each check has one of its own. */
  readonly make: () => Middleware;
  /** Requests, in the order in which one middleware receives them: a middleware can count. */
  readonly requests: readonly MiddlewareExample[];
  /** Errors for the hook `error`. Default none. */
  readonly errors?: readonly ErrorExample[];
  /** The context values that hooks read, beside `id` and `ip`. Default none. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** The limit of each check in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** A check of the contract of middleware. */
export type MiddlewareCheck = Check<MiddlewareSuite>;

/** What the hooks are given of one request, with its name in messages. */
export interface TestInput {
  readonly input: MiddlewareInput;
  readonly label: string;
}

/** What a hook does: it returns a reply, or throws an error for the client. Undefined: it continues. */
export type Outcome = { readonly reply: Reply } | { readonly error: TidegateError } | undefined;

/** Creates and starts a middleware, and disposes it at the end of the check. */
export async function startedMiddleware(suite: MiddlewareSuite, check: CheckContext): Promise<Middleware> {
  const middleware = suite.make();
  check.onEnd(() => middleware.dispose?.());
  check.clause("Opens what the middleware needs, before the gateway listens.");
  await check.wait(
    Promise.try(() => middleware.start?.()),
    "start() resolves",
  );
  return middleware;
}

/** Creates the input of one request, as a server creates it. */
export function inputOf(
  { context }: MiddlewareSuite,
  { request: parts, isUpgrade = false }: Pick<MiddlewareExample, "request" | "isUpgrade">,
  id = "request-1",
): TestInput {
  const request = httpRequest(parts);
  const values = { id, ip: request.peer.address, ...context };
  const input = { request, id, receivedAt: Date.now(), isUpgrade, context: contextOf(values) };
  const text = JSON.stringify(parts);
  return { input, label: text.length <= 120 ? text : `${text.slice(0, 119)}…` };
}

/** Calls the hook `request`. Fails where it breaks the contract. */
export async function requestOutcome(
  check: CheckContext,
  middleware: Middleware,
  { input, label }: TestInput,
): Promise<Outcome> {
  check.clause("`request` returns undefined to continue, or the reply, or throws a `TidegateError`.");
  const outcome = await outcomeOf(check, () => middleware.request?.(input), `request() for ${label}`);
  if (outcome === undefined || "error" in outcome) return outcome;
  return validOutcome(check, outcome.value, `the reply of request() for ${label}`);
}

/** Calls the hook `reply`, and fails where it breaks the contract. Without the hook, the reply is kept. */
export async function replyOutcome(
  check: CheckContext,
  middleware: Middleware,
  reply: Reply,
  { input, label }: TestInput,
): Promise<Exclude<Outcome, undefined>> {
  if (middleware.reply === undefined) return { reply };
  const what = `reply() of status ${reply.status} for ${label}`;
  check.clause("`reply` returns the reply to send, or throws a `TidegateError`. The given reply is frozen.");
  const outcome = await outcomeOf(check, () => middleware.reply?.(reply, input), what);
  if (outcome !== undefined && "error" in outcome) return outcome;
  return validOutcome(check, outcome?.value, `the reply of ${what}`, reply.status === 101);
}

/** Awaits a hook. An error that is not meant for the client fails the check. */
async function outcomeOf(
  check: CheckContext,
  call: () => unknown,
  what: string,
): Promise<{ readonly value: unknown } | { readonly error: TidegateError } | undefined> {
  const called = Promise.try(call).then(
    (value) => (value === undefined ? undefined : { value }),
    (error: unknown) => {
      // The gateway takes a status of 500 for a fault of the hook.
      if (isTidegateError(error) && error.status !== 500) return { error };
      throw error;
    },
  );
  return check.wait(called, `${what} settles, and throws nothing but errors for clients`);
}

function validOutcome(
  check: CheckContext,
  value: unknown,
  what: string,
  isSwitch = false,
): { readonly reply: Reply } {
  const problem = replyProblem(value, isSwitch);
  check.ok(problem === undefined, `${what} can be sent`, problem);
  return { reply: value as Reply };
}

/** Calls the hook `error`, which can only answer with a reply. */
export async function errorReply(
  check: CheckContext,
  middleware: Middleware,
  error: TidegateError,
  { input, label }: TestInput,
): Promise<Reply | undefined> {
  const what = `error() of ${error.code} for ${label}`;
  check.clause("`error` returns undefined to continue, or the reply for the error. It does not fail.");
  const value = await check.wait(
    Promise.try(() => middleware.error?.(error, input)),
    `${what} resolves`,
  );
  return value === undefined ? undefined : validOutcome(check, value, `the reply of ${what}`).reply;
}

/** The status that the client gets. */
export function statusOf(outcome: Exclude<Outcome, undefined>): number {
  return "reply" in outcome ? outcome.reply.status : outcome.error.status;
}

/** Returns why a check of a hook does not apply. */
export function needsHook(hook: "request" | "reply" | "error") {
  return ({ make }: MiddlewareSuite): string | undefined =>
    make()[hook] === undefined ? `the middleware has no ${hook}` : undefined;
}

/** Returns why a check of requests and replies does not apply. */
export function needsRequestOrReply({ make }: MiddlewareSuite): string | undefined {
  const { request, reply } = make();
  return request === undefined && reply === undefined
    ? "the middleware has no request and no reply"
    : undefined;
}
