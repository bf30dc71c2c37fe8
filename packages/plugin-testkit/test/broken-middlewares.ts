import { createServer } from "node:net";
import { Readable } from "node:stream";
import {
  defineMiddleware,
  type Header,
  type HttpRequest,
  type Middleware,
  type MiddlewareInput,
  type Reply,
  TidegateError,
} from "@tidegate/core-registry";
import type { MiddlewareSuite } from "../src/index.ts";

/** Answers `/ping`, refuses `/internal`, adds the header `x-agent`, and has a page of its own for 404. */
export function door(): Middleware {
  const agents = new WeakMap<MiddlewareInput, string>();
  return defineMiddleware({
    name: "door",
    request: (input) => {
      const { path } = input.request;
      if (path === "/internal") throw new TidegateError("FORBIDDEN", "This path is internal.");
      if (path === "/ping") return textReply(200, "pong");
      agents.set(input, agentOf(input.request));
      return undefined;
    },
    reply: (reply, input) => withHeader(reply, "x-agent", agents.get(input) ?? "unknown"),
    error: ({ code }) => (code === "NOT_FOUND" ? textReply(404, "There is nothing here.") : undefined),
    start: () => undefined,
    dispose: async () => undefined,
  });
}

/** Returns the suite of the door, with changes of the middleware. */
export function doorSuite(changes: Partial<Middleware> = {}): MiddlewareSuite {
  return {
    make: () => ({ ...door(), ...changes }),
    requests: [
      { request: { url: "/ping" }, answers: 200 },
      { request: { url: "/internal" }, fails: "FORBIDDEN" },
      {
        request: { url: "/players?to=home", headers: { "user-agent": "curl" } },
        headers: { "x-agent": "curl" },
      },
    ],
    errors: [{ code: "NOT_FOUND", answers: 404 }, { code: "FORBIDDEN" }],
  };
}

function textReply(status: number, body: Reply["body"]): Reply {
  return { status, headers: [["content-type", "text/plain"]], body };
}

/** The reply with a header that replaces the one of the same name. */
function withHeader(reply: Reply, name: string, value: string): Reply {
  const header: Header = [name, value];
  return { ...reply, headers: [...reply.headers.filter(([one]) => one !== name), header] };
}

/** The characters of a `user-agent` that a header can repeat. */
function agentOf(request: HttpRequest): string {
  return (request.header("user-agent") ?? "unknown").replaceAll(/[^\w./-]/g, "");
}

const good = door();
const nothing = () => new Promise<never>(() => undefined);

/** A middleware that keeps what belongs to a request in one variable. */
function forgetful(): Middleware {
  let agent = "unknown";
  return {
    ...good,
    request: (input) => {
      agent = agentOf(input.request);
      return good.request?.(input);
    },
    reply: (reply) => withHeader(reply, "x-agent", agent),
  };
}

/** A middleware that expects the replies in the order of the requests. */
function queueing(): Middleware {
  const agents: string[] = [];
  return {
    ...good,
    request: (input) => {
      agents.push(agentOf(input.request));
      return good.request?.(input);
    },
    reply: (reply) => withHeader(reply, "x-agent", agents.shift() ?? "unknown"),
  };
}

/** A middleware whose `reply` expects that its own `request` ran. */
function trusting(): Middleware {
  const starts = new WeakMap<MiddlewareInput, { readonly agent: string }>();
  return {
    ...good,
    request: (input) => {
      starts.set(input, { agent: agentOf(input.request) });
      return good.request?.(input);
    },
    reply: (reply, input) => {
      const start = starts.get(input);
      if (start === undefined) throw new TypeError("The request has no start.");
      return withHeader(reply, "x-agent", start.agent);
    },
  };
}

/** Changes what `reply` of the door returns. */
function withReply(change: (reply: Reply, input: MiddlewareInput) => unknown): MiddlewareSuite {
  const { make, ...suite } = doorSuite();
  const changed = (): Middleware => {
    const middleware = make();
    const reply = async (given: Reply, input: MiddlewareInput): Promise<Reply> =>
      (await change((await middleware.reply?.(given, input)) ?? given, input)) as Reply;
    return { ...middleware, reply };
  };
  return { ...suite, make: changed };
}

/** Adds a step before `request` of the door. */
function withRequest(step: (input: MiddlewareInput) => unknown): MiddlewareSuite {
  const { make, ...suite } = doorSuite();
  const changed = (): Middleware => {
    const middleware = make();
    const request = async (input: MiddlewareInput): Promise<Reply | undefined> =>
      ((await step(input)) ?? (await middleware.request?.(input))) as Reply | undefined;
    return { ...middleware, request };
  };
  return { ...suite, make: changed };
}

const brokenRequests: Readonly<Record<string, MiddlewareSuite>> = {
  "request never settles": withRequest(nothing),
  "request returns true": withRequest(() => true),
  "request answers with status 0": withRequest(({ request }) =>
    request.path === "/ping" ? textReply(0, "") : undefined,
  ),
  "request answers everything": withRequest(() => textReply(200, "pong")),
  "request answers nothing": doorSuite({ request: () => undefined }),
  "request throws no TidegateError": withRequest(({ request }) => {
    if (request.path === "/internal") throw new Error("internal path");
  }),
  "request throws without headers": withRequest(({ request }) => {
    if (request.header("user-agent") === undefined && request.path === "/") throw new TypeError("no agent");
  }),
  "request fails for IPv6": withRequest(({ request }) => {
    if (request.peer.address.includes(":")) throw new TypeError("no IPv4 address");
  }),
  "request accepts upgrades itself": withRequest(({ isUpgrade }) =>
    isUpgrade ? textReply(101, null) : undefined,
  ),
  "request sends the query as a header": withRequest(({ request }) =>
    request.query.to === undefined || request.query.to === "home"
      ? undefined
      : { status: 302, headers: [["location", String(request.query.to)]], body: null },
  ),
  "request reads the body of the route": withRequest(({ request }) =>
    request.body.type === undefined ? undefined : void request.body.text(),
  ),
  "request changes the params": withRequest(
    ({ request }) => void Object.assign(request.params, { door: "1" }),
  ),
  "the input gets a member": withRequest((input) => void Object.assign(input, { agent: "curl" })),
};

const brokenReplies: Readonly<Record<string, MiddlewareSuite>> = {
  "reply never settles": doorSuite({ reply: nothing }),
  "reply returns nothing": withReply(() => undefined),
  "reply changes the frozen reply": doorSuite({ reply: (reply) => Object.assign(reply, { status: 404 }) }),
  "reply adds to the frozen headers": doorSuite({
    reply: (reply) => {
      (reply.headers as Header[]).push(["x-agent", "curl"]);
      return reply;
    },
  }),
  "reply changes the bytes": withReply((reply) => {
    if (reply.body instanceof Uint8Array) reply.body.fill(0);
    return reply;
  }),
  "reply lacks the header": doorSuite({ reply: (reply) => reply }),
  "reply hides all errors": withReply((reply) => ({ ...reply, status: 200 })),
  "reply has a line break in a header": withReply((reply) =>
    withHeader(reply, "x-agent", "curl\r\nset-cookie: a=b"),
  ),
  "reply has a header name with a space": withReply((reply) => withHeader(reply, "x agent", "curl")),
  "reply has a header name in upper case": withReply((reply) => withHeader(reply, "X-Door", "open")),
  "reply sets the content length": withReply((reply) => withHeader(reply, "content-length", "4")),
  "reply sets the transfer encoding": withReply((reply) => withHeader(reply, "transfer-encoding", "chunked")),
  "reply has a header that is a number": withReply((reply) => ({ ...reply, headers: [["x-count", 1]] })),
  "reply has an object as body": withReply((reply) => ({ ...reply, body: { pong: true } })),
  "reply fills 204": withReply((reply) => ({ ...reply, body: reply.body ?? "empty" })),
  "reply expects a text": withReply((reply) => ({ ...reply, body: (reply.body as string).trim() })),
  "reply reads the stream and returns it": withReply((reply) => {
    if (reply.body instanceof Readable) reply.body.on("data", () => undefined);
    return reply;
  }),
  "reply destroys the stream": withReply((reply) => {
    if (reply.body instanceof Readable) reply.body.destroy();
    return reply;
  }),
  "reply returns a stream without end": withReply((reply) =>
    reply.body instanceof Readable ? { ...reply, body: new Readable({ read: () => undefined }) } : reply,
  ),
  "an upgrade becomes 200": withReply((reply) => (reply.status === 101 ? { ...reply, status: 200 } : reply)),
  "an upgrade gets a body": withReply((reply) =>
    reply.status === 101 ? { ...reply, body: "welcome" } : reply,
  ),
  "reply fails where its request did not run": { ...doorSuite(), make: trusting },
  "one variable for all requests": { ...doorSuite(), make: forgetful },
  "replies in the order of the requests": { ...doorSuite(), make: queueing },
};

const brokenErrors: Readonly<Record<string, MiddlewareSuite>> = {
  "error never settles": doorSuite({ error: nothing }),
  "error throws the error": doorSuite({
    error: (error) => {
      throw error;
    },
  }),
  "error returns a text": doorSuite({ error: ({ message }) => JSON.parse(JSON.stringify(message)) }),
  "error answers 200": doorSuite({ error: ({ message }) => textReply(200, message) }),
  "error answers another status than its example": doorSuite({
    error: ({ code }) => (code === "NOT_FOUND" ? textReply(410, "gone") : undefined),
  }),
  "error shows the message of an internal error": doorSuite({
    error: ({ code, status, message }) => (code === "FORBIDDEN" ? undefined : textReply(status, message)),
  }),
  "error shows the cause": doorSuite({
    error: ({ code, status, details: { cause } }) =>
      code === "NOT_FOUND"
        ? textReply(404, "")
        : cause instanceof Error
          ? { status, headers: [["x-cause", cause.message]], body: null }
          : undefined,
  }),
};

const brokenLifecycles: Readonly<Record<string, MiddlewareSuite>> = {
  "start never settles": doorSuite({ start: nothing }),
  "start fails": doorSuite({ start: () => Promise.reject(new Error("no database")) }),
  "dispose throws": doorSuite({
    dispose: () => {
      throw new Error("cannot dispose");
    },
  }),
  "a timer is left": doorSuite({ start: () => void setInterval(() => undefined, 60_000).unref() }),
  "a timer of a request is left": withRequest(() => void setTimeout(() => undefined, 60_000).unref()),
  "a server is left": doorSuite({
    start: () => new Promise<void>((resolve) => void createServer().listen(0, resolve).unref()),
  }),
};

/** Middlewares that break one sentence of the contract each, by what is wrong with them. */
export const brokenMiddlewares: Readonly<Record<string, MiddlewareSuite>> = {
  "wrong contract number": doorSuite({ contract: 99 as 2 }),
  "empty name": doorSuite({ name: " " }),
  "unknown member": doorSuite(Object.assign({ name: "door" }, { onReply: () => undefined })),
  ...brokenRequests,
  ...brokenReplies,
  ...brokenErrors,
  ...brokenLifecycles,
};
