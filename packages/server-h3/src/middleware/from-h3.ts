import { Readable } from "node:stream";
import {
  type ErrorCode,
  type Header,
  type HttpRequest,
  type Middleware,
  type MiddlewareInput,
  type Reply,
  TidegateError,
} from "@tidegate/core-registry";
import { H3Event, type Middleware as H3Middleware, HTTPError, toMiddleware, toResponse } from "h3";

/** What `toMiddleware` of h3 takes: a middleware, a handler, or an object with `fetch`. */
export type H3Input = Parameters<typeof toMiddleware>[0];

/** A call of an h3 middleware, from `request` to `reply`. */
interface H3Call {
  readonly event: H3Event;
  /** The end of a middleware that waits for `next()`; undefined where it has ended without. */
  waiting?: { readonly resolveNext: (response: Response) => void; readonly result: Promise<unknown> };
}

/** Stands for a call of `next`. */
const proceed = Symbol("proceed");
/** `Request` does not accept them, and no route has one of them. */
const unsupportedMethods: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
const bodylessStatus: ReadonlySet<number> = new Set([101, 204, 205, 304]);
/** The codes of the errors that a middleware of h3 can throw for clients, by status. */
const errorCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, "UNAUTHENTICATED"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
  [405, "METHOD_NOT_ALLOWED"],
  [413, "BODY_TOO_LARGE"],
  [415, "MEDIA_TYPE_UNSUPPORTED"],
  [429, "RATE_LIMITED"],
  [503, "DEPENDENCY_UNAVAILABLE"],
]);

/**
 * Makes a middleware of h3's `(event, next) => ...`, of a handler or of a web handler (`{ fetch }`). What it
 * returns is the reply. Headers that it sets on `event.res` are added to the reply (those of `errHeaders`
 * from status 400 on). `next()` resolves with the reply as a `Response`, also where the request failed: it
 * never rejects. An `HTTPError` that it throws becomes a problem document with its status and headers.
 *
 * It cannot change what the route receives, and `event.runtime` is undefined: Node's request and response are
 * not available. For an accepted upgrade, `next()` resolves with an empty response of status 204, and only
 * headers are taken from it.
 * @param name of the middleware in log lines; two middlewares cannot have the same one
 */
export function fromH3(input: H3Input, name: string = nameOf(input)): Middleware {
  const middleware = toMiddleware(input);
  const calls = new WeakMap<MiddlewareInput, H3Call>();
  return {
    contract: 2,
    name,
    request(input) {
      const call: H3Call = { event: new H3Event(toRequest(input.request)) };
      calls.set(input, call);
      return callMiddleware(middleware, call);
    },
    reply(reply, input) {
      const call = calls.get(input);
      return call === undefined ? reply : finish(call, reply);
    },
  };
}

function nameOf(input: H3Input): string {
  return (typeof input === "function" && input.name) || "h3";
}

/** Calls the middleware. Returns its reply where it has one before it calls `next`. */
async function callMiddleware(middleware: H3Middleware, call: H3Call): Promise<Reply | undefined> {
  const next = Promise.withResolvers<Response>();
  const nextCalled = Promise.withResolvers<typeof proceed>();
  const result = Promise.try(() =>
    middleware(call.event, () => {
      nextCalled.resolve(proceed);
      return next.promise;
    }),
  ).catch(rethrow);
  const first = await Promise.race([nextCalled.promise, result]);
  if (first === proceed) {
    // `finish` receives a rejection; until then it must not be an unhandled one.
    result.catch(() => undefined);
    call.waiting = { resolveNext: next.resolve, result };
    return undefined;
  }
  return isUnhandled(first) ? undefined : toReply(await toResponse(first, call.event, { silent: true }));
}

/** Lets a waiting middleware end, and adds the headers of `event.res`. */
async function finish({ event, waiting }: H3Call, reply: Reply): Promise<Reply> {
  if (waiting === undefined) return withEventHeaders(reply, event);
  const given = toWebResponse(reply);
  waiting.resolveNext(given);
  const value = await waiting.result;
  if (value === given || isUnhandled(value)) return withEventHeaders(withChangesOf(given, reply), event);
  const response = await toResponse(value, event, { silent: true });
  return reply.status === 101 ? { ...reply, headers: [...response.headers] } : toReply(response);
}

/** As in h3: undefined, or the symbol for "not found". */
function isUnhandled(value: unknown): value is undefined {
  return value === undefined || value === Symbol.for("h3.notFound");
}

function withEventHeaders(reply: Reply, event: H3Event): Reply {
  const added = [...(reply.status >= 400 ? event.res.errHeaders : event.res.headers)];
  if (added.length === 0) return reply;
  const replaced = new Set(added.map(([name]) => name).filter((name) => name !== "set-cookie"));
  return { ...reply, headers: [...reply.headers.filter(([name]) => !replaced.has(name)), ...added] };
}

function toHeaders(headers: readonly Header[]): [string, string][] {
  return headers.map(([name, value]) => [name, value]);
}

/** The reply as `next()` returns it. */
function toWebResponse({ status, headers, body }: Reply): Response {
  const init = { status: status === 101 ? 204 : status, headers: toHeaders(headers) };
  const isBodyless = body === null || bodylessStatus.has(status);
  if (isBodyless) return new Response(null, init);
  // `Response` would add a content type for a text.
  return new Response(body instanceof Readable ? toWebStream(body) : Buffer.from(body), init);
}

/** A reply whose response was returned unchanged, perhaps with changed headers. */
function withChangesOf(response: Response, reply: Reply): Reply {
  const headers: readonly Header[] = [...response.headers];
  if (!(reply.body instanceof Readable) || response.body === null) return { ...reply, headers };
  if (response.bodyUsed) throw new Error("It has read the body of the reply, and returned no other reply.");
  return { ...reply, headers, body: toNodeStream(response.body) };
}

function toReply(response: Response): Reply {
  const { status, headers, body } = response;
  return { status, headers: [...headers], body: body === null ? null : toNodeStream(body) };
}

function toWebStream(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream);
}

function toNodeStream(stream: ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(stream);
}

/** @throws {TidegateError} for an `HTTPError` that is meant for the client; else what was thrown */
function rethrow(error: unknown): never {
  if (!HTTPError.isError(error) || error.unhandled === true) throw error;
  const { status, message, data } = error;
  const code = errorCodes.get(status) ?? (status < 500 ? "BAD_REQUEST" : undefined);
  if (code === undefined) throw error;
  throw new TidegateError(code, message, { status, data, headers: [...(error.headers ?? [])], cause: error });
}

/** The request as a middleware of h3 reads it. Reading its body takes it from the route. */
function toRequest(request: HttpRequest): Request {
  const { method, headers, peer } = request;
  if (unsupportedMethods.has(method)) throw new TidegateError("METHOD_NOT_ALLOWED");
  const hasBody = request.body.type !== undefined && method !== "GET" && method !== "HEAD";
  const init: RequestInit = { method, headers: toHeaders(headers) };
  if (hasBody) Object.assign(init, { body: lazyBody(request), duplex: "half" });
  return Object.assign(new Request(toUrl(request), init), { ip: peer.address });
}

function toUrl(request: HttpRequest): string {
  const { base, url, peer } = request;
  const origin = `${peer.encrypted ? "https" : "http"}://`;
  const path = url.startsWith("/") ? base + url : "/";
  // Any other host could move the begin of the path: then h3 checks another path than the gateway routes.
  const host = request.header("host") ?? "";
  const address = `${origin}${/^[^\s/?#@\\]+$/.test(host) ? host : "localhost"}${path}`;
  return URL.canParse(address) ? address : `${origin}localhost${path}`;
}

/** The body of a request, which is not touched before the stream is read. */
function lazyBody({ body }: HttpRequest): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        chunks ??= body.raw()[Symbol.asyncIterator]();
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
