import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type Access,
  type Assembled,
  type Broker,
  type Claim,
  type Compiled,
  type CompiledRule,
  type ContextFactory,
  defineBroker,
  defineContext,
  definePolicy,
  defineProtocol,
  type EndpointInfo,
  type ErrorCode,
  type GatewayPage,
  type HttpRoute,
  type PeerReply,
  type Peers,
  type Policy,
  type Protocol,
  type Reply,
  type Route,
  type Sandbox,
  TidegateError,
  type Verdict,
  type WebSocketRoute,
} from "../../src/index.ts";

// These are judged by the compiler: a line under `@ts-expect-error` that compiles is a fault of `tsc -b`.
const call: Broker["call"] = async () => undefined;

test("a broker needs a name, start, stop and call; everything else is a capability", () => {
  const start = async () => undefined;
  const part = { contract: 2, name: "least", start, stop: start } as const;
  const least: Broker = { ...part, call };
  expectTypeOf(least.publish).toEqualTypeOf<Broker["publish"]>();
  // @ts-expect-error: without `call` it is no broker
  const silent: Broker = part;
  // @ts-expect-error: an unknown member is refused
  const odd: Broker = { ...part, call, publsh: call };
  // @ts-expect-error: another contract's number is refused
  const earlier: Broker = { ...part, call, contract: 1 };
  expect([least, silent, odd, earlier]).toHaveLength(4);
});

test("a broker receives only the CallScope part of a request", () => {
  const curious: Broker = {
    contract: 2,
    name: "curious",
    start: async () => undefined,
    stop: async () => undefined,
    // @ts-expect-error: the directory is not a broker's business
    call: async (scope) => scope.directory,
  };
  expect(curious.name).toBe("curious");
});

test("the schema of a protocol determines the type of its input", () => {
  const typed: Protocol<{ readonly paths: readonly string[] }, { readonly size: number }> = {
    contract: 2,
    name: "Typed",
    schema: z.strictObject({ paths: z.array(z.string()) }),
    compile: (input, tools) => {
      expectTypeOf(input.paths).toEqualTypeOf<readonly string[]>();
      expectTypeOf(tools.connectors.compile).toBeFunction();
      expectTypeOf(tools.signal).toEqualTypeOf<AbortSignal>();
      return { data: { size: input.paths.length } };
    },
    assemble: (parts) => {
      expectTypeOf(parts[0]?.compiled.data?.size).toEqualTypeOf<number | undefined>();
      return { routes: [] };
    },
  };
  const plain: Protocol = typed;
  const wrong: Protocol<{ readonly paths: readonly number[] }> = {
    contract: 2,
    name: "Wrong",
    // @ts-expect-error: the schema gives texts
    schema: z.strictObject({ paths: z.array(z.string()) }),
    compile: () => ({}),
  };
  expect([plain, wrong]).toHaveLength(2);
});

test("a protocol declares its sources, and returns one list of routes", () => {
  const base = { contract: 2, name: "Own", schema: z.unknown(), compile: () => ({}) } as const;
  const source: Protocol = { ...base, sources: { args: { values: "data", fromClient: true } } };
  // @ts-expect-error: a source says whether clients send its values
  const vague: Protocol = { ...base, sources: { args: { values: "data" } } };
  // @ts-expect-error: endpoints belong to routes and claims
  const lists: Compiled = { routes: [], endpoints: [] };
  // @ts-expect-error: `assemble` returns one flat list of routes
  const slices: Assembled = { routes: [[]] };
  // @ts-expect-error: an endpoint has a place in the fragment
  const placeless: EndpointInfo = { fingerprint: "x" };
  expect([source, vague, lists, slices, placeless]).toHaveLength(5);
});

test("the names of contract 1 do not compile", () => {
  const schema = z.unknown();
  // @ts-expect-error: `key` is `name`
  const protocol: Protocol = { contract: 2, key: "Own", schema, compile: () => ({}) };
  // @ts-expect-error: `memo` is `cache`
  const rule: CompiledRule = { decide: () => true, memo: "never" };
  // @ts-expect-error: `answer` and `ask` are `handle` and `request`
  const peers: Peers = { answer: () => undefined, ask: async () => [] };
  // @ts-expect-error: a reply has a `value`
  const reply: PeerReply = { node: "n1", answer: 1 };
  expect([protocol, rule, peers, reply]).toHaveLength(4);
});

test("the helpers add the contract's number, and infer the types of a definition", () => {
  const policy = definePolicy({
    name: "scope",
    members: ["scope"],
    schema: z.strictObject({ scope: z.array(z.string()) }),
    compile: ({ scope }) => {
      expectTypeOf(scope).toEqualTypeOf<string[]>();
      return { decide: () => true };
    },
  });
  expectTypeOf(policy).toEqualTypeOf<Policy<{ scope: string[] }>>();
  const protocol = defineProtocol({
    name: "Own",
    schema: z.strictObject({ path: z.string() }),
    compile: ({ path }) => {
      expectTypeOf(path).toEqualTypeOf<string>();
      return { data: path.length };
    },
    assemble: (parts) => {
      expectTypeOf(parts[0]?.compiled.data).toEqualTypeOf<number | undefined>();
      return {};
    },
  });
  expectTypeOf(protocol).toEqualTypeOf<Protocol<{ path: string }, number>>();
  const context = defineContext({ name: "tenant", create: () => "a", view: (value) => value.length });
  expectTypeOf(context).toEqualTypeOf<ContextFactory<string>>();
  const start = async () => undefined;
  const broker = defineBroker({ name: "least", start, stop: start, call });
  expectTypeOf(broker).toEqualTypeOf<Broker>();
  // @ts-expect-error: the helper sets the number
  const numbered = defineBroker({ contract: 2, name: "least", start, stop: start, call });
  expect([policy, protocol, context, broker, numbered].map((plugin) => plugin.contract)).toEqual([
    2, 2, 2, 2, 2,
  ]);
});

test("a policy returns a verdict as plain data", () => {
  expectTypeOf<Verdict["allowed"]>().toEqualTypeOf<boolean>();
  const policy: Policy<{ readonly scope: readonly string[] }> = {
    contract: 2,
    name: "scope",
    members: ["scope"],
    schema: z.strictObject({ scope: z.array(z.string()) }),
    compile: ({ scope }) => ({ decide: () => scope.length > 0, cache: "request" }),
  };
  const base = { contract: 2, name: "scope", members: ["scope"], schema: policy.schema } as const;
  // @ts-expect-error: a truthy value is no verdict
  const truthy: Policy = { ...base, compile: () => ({ decide: () => "yes" }) };
  // @ts-expect-error: a verdict is cached in one of three ways
  const forever: Policy = { ...base, compile: () => ({ decide: () => true, cache: "forever" }) };
  // @ts-expect-error: requirements are plain JSON
  const code: Policy = { ...base, compile: () => ({ decide: () => true, requirements: () => 1 }) };
  expect([policy, truthy, forever, code]).toHaveLength(4);
});

test("a route is HTTP or WebSocket, by its kind", () => {
  expectTypeOf<Route>().toEqualTypeOf<HttpRoute | WebSocketRoute>();
  const reply: Reply = { status: 200, headers: [["content-type", "text/plain"]], body: "x" };
  // @ts-expect-error: HEAD follows GET, and is no method of a route
  const head: HttpRoute = { kind: "http", method: "HEAD", path: "/", handle: () => reply };
  // @ts-expect-error: a framework's response does not cross a package's border
  const framework: HttpRoute = { kind: "http", method: "GET", path: "/", handle: () => new Response("x") };
  // @ts-expect-error: a socket route can be refused before the upgrade, so it must say how
  const socket: WebSocketRoute = { kind: "websocket", path: "/", open: async () => undefined };
  expect([head, framework, socket]).toHaveLength(3);
});

test("the factory of a context value determines its view", () => {
  const factory: ContextFactory<{ readonly token: string; readonly scope: readonly string[] }> = {
    contract: 2,
    name: "auth",
    create: () => ({ token: "t", scope: [] }),
    view: ({ scope }) => ({ scope }),
    close: ({ token }) => void expectTypeOf(token).toBeString(),
    dispose: async () => undefined,
  };
  const older: ContextFactory<number> = {
    contract: 2,
    name: "n",
    create: () => 1,
    // @ts-expect-error: `dispose` closes what all values share, so it receives none of them
    dispose: (n: number) => void n,
  };
  const general: ContextFactory = factory;
  expect([general.name, older.name]).toEqual(["auth", "n"]);
});

test("error codes are a closed union", () => {
  expectTypeOf<"ACTION_UNAVAILABLE">().toMatchTypeOf<ErrorCode>();
  // @ts-expect-error: no such code
  expect(() => new TidegateError("NO_SUCH_CODE")).not.toBe(undefined);
});

test("access, claims, pages and functions have exact types", () => {
  // @ts-expect-error: not a kind of access
  const access: Access = "public";
  // @ts-expect-error: a claim says where it stands
  const claim: Claim = { key: "GET /x" };
  // @ts-expect-error: a page that nobody guards does not exist
  const page: GatewayPage = {
    method: "GET",
    path: "/~x",
    handle: () => ({ status: 200, headers: [], body: null }),
  };
  expectTypeOf<ReturnType<Sandbox["compile"]>["call"]>().returns.toBeUnknown();
  expect([access, claim, page]).toHaveLength(3);
});
