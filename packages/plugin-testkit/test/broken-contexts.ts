import { createServer } from "node:net";
import { type ContextFactory, defineContext, TidegateError } from "@tidegate/core-registry";
import type { ContextSuite } from "../src/index.ts";

/** A session of one request. The token is secret. */
interface Session {
  readonly user: string;
  readonly token: string;
}

/** Reads the header `x-session`, such as `ann:s3cret`. Fulfils the contract. */
export function session(): ContextFactory<Session> {
  return defineContext<Session>({
    name: "session",
    perRequest: true,
    create: ({ request }) => {
      const [user = "", token = ""] = request.header("x-session")?.split(":") ?? [];
      if (user === "bad") throw new TidegateError("TOKEN_INVALID");
      return { user, token };
    },
    view: ({ user }) => ({ user }),
    close: () => undefined,
    start: () => undefined,
    dispose: async () => undefined,
  });
}

/** Returns the suite of the session, with changes of its factory. */
export function sessionSuite(changes: Partial<ContextFactory<Session>> = {}): ContextSuite {
  return {
    make: () => ({ ...session(), ...changes }),
    requests: [
      {
        request: { headers: { "X-Session": "ann:s3cret" } },
        expect: { user: "ann", token: "s3cret" },
        view: { user: "ann" },
      },
      { request: { headers: { "X-Session": "bob:hidden" } }, expect: { user: "bob" } },
      { request: { headers: { "X-Session": "bad" } }, fails: "TOKEN_INVALID" },
    ],
    hidden: ["s3cret", "token"],
  };
}

const good = session();
const shared: Session = { user: "ann", token: "s3cret" };
const nothing = () => new Promise<never>(() => undefined);

/** A factory that creates the value of the first request for all others. */
function remembering(): ContextFactory<Session> {
  let first: Session | Promise<Session> | undefined;
  return {
    ...good,
    create: (input) => {
      first ??= good.create(input);
      return first;
    },
  };
}

/** A factory whose view counts its calls. */
function counting(): ContextFactory<Session> {
  let count = 0;
  return { ...good, view: ({ user }) => ({ user, count: count++ }) };
}

/** Contexts that break one sentence of the contract each, by what is wrong with them. */
export const brokenContexts: Readonly<Record<string, ContextSuite>> = {
  "wrong contract number": sessionSuite({ contract: 99 as 2 }),
  "name is no plain name": sessionSuite({ name: "my session" }),
  "unknown member": sessionSuite(Object.assign({ name: "session" }, { veiw: () => undefined })),
  "create returns nothing": sessionSuite({ create: () => JSON.parse("null") }),
  "create never settles": sessionSuite({ create: nothing }),
  "create throws where the header is missing": sessionSuite({
    create: async (input) => {
      if (input.request.header("x-session") === undefined) throw new TypeError("no header");
      return good.create(input);
    },
  }),
  "create fails without a code": sessionSuite({
    create: async (input) => {
      if (input.request.header("x-session") === "bad") throw new Error("bad session");
      return good.create(input);
    },
  }),
  "one value for all requests": { ...sessionSuite(), make: remembering },
  "an invalid token is accepted": sessionSuite({
    create: ({ request }) => ({ user: request.header("x-session")?.split(":")[0] ?? "", token: "s3cret" }),
  }),
  "the view is the value": sessionSuite({ view: (value) => value }),
  "the view is missing": sessionSuite({ view: undefined as never }),
  "the view throws": sessionSuite({
    view: () => {
      throw new Error("no view");
    },
  }),
  "the view differs each time": { ...sessionSuite(), make: counting },
  "create reads the body": sessionSuite({
    create: async (input) => {
      if (input.request.method === "POST") await input.request.body.json();
      return good.create(input);
    },
  }),
  "create changes the request": sessionSuite({
    create: (input) => {
      Object.assign(input.request.params, { session: "yes" });
      return good.create(input);
    },
  }),
  "closed values are shared": {
    ...sessionSuite({ create: () => shared, perRequest: false }),
    requests: [{ request: {} }],
  },
  "close rejects": sessionSuite({ close: () => Promise.reject(new Error("cannot close")) }),
  "close never settles": sessionSuite({ close: nothing }),
  "perRequest, but always the same value": {
    ...sessionSuite({ create: () => shared, close: undefined as never }),
    requests: [{ request: {} }],
  },
  "start never settles": sessionSuite({ start: nothing }),
  "dispose throws": sessionSuite({
    dispose: () => {
      throw new Error("cannot dispose");
    },
  }),
  "a timer is left": sessionSuite({ start: () => void setInterval(() => undefined, 60_000).unref() }),
  "a server is left": sessionSuite({
    start: () => new Promise<void>((resolve) => void createServer().listen(0, resolve).unref()),
  }),
};
