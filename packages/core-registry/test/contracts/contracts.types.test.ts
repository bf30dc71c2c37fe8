import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type Access,
  type Broker,
  type Claim,
  type ContextFactory,
  type ErrorCode,
  type GatewayPage,
  type HttpRoute,
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
  const later: Broker = { ...part, call, contract: 2 };
  expect([least, silent, odd, later]).toHaveLength(4);
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
    key: "Typed",
    schema: z.strictObject({ paths: z.array(z.string()) }),
    compile: (input, tools) => {
      expectTypeOf(input.paths).toEqualTypeOf<readonly string[]>();
      expectTypeOf(tools.connectors.compile).toBeFunction();
      return { claims: [], endpoints: [], data: { size: input.paths.length } };
    },
    assemble: (parts) => {
      expectTypeOf(parts[0]?.compiled.data?.size).toEqualTypeOf<number | undefined>();
      return { routes: [], endpoints: [] };
    },
  };
  const plain: Protocol = typed;
  const wrong: Protocol<{ readonly paths: readonly number[] }> = {
    contract: 2,
    key: "Wrong",
    // @ts-expect-error: the schema gives texts
    schema: z.strictObject({ paths: z.array(z.string()) }),
    compile: () => ({ claims: [], endpoints: [] }),
  };
  expect([plain, wrong]).toHaveLength(2);
});

test("a policy returns a verdict as plain data", () => {
  expectTypeOf<Verdict["allowed"]>().toEqualTypeOf<boolean>();
  const policy: Policy<{ readonly scope: readonly string[] }> = {
    contract: 2,
    key: "scope",
    members: ["scope"],
    schema: z.strictObject({ scope: z.array(z.string()) }),
    // @ts-expect-error: a truthy value is no verdict
    compile: () => ({ decide: () => true, memo: "never", reads: [], requirements: null }),
  };
  expect(policy.key).toBe("scope");
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
  };
  const general: ContextFactory = factory;
  expect(general.name).toBe("auth");
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
