import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import type { GatewayPage } from "@tidegate/core-registry";
import { reservedNames } from "@tidegate/core-registry/runtime";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { isLocal } from "../src/access.ts";
import { type H3ServerOptions, jwt } from "../src/index.ts";
import { ServerRequest } from "../src/request/request.ts";
import { json, problem, raw, rawRequest, route, served, start } from "./fixture.ts";
import { dial, received, refusal, socketRoute } from "./socket-fixture.ts";

const secret = "a secret of thirty-two bytes ...";

async function bearer(scope: string | string[], exp = "1m"): Promise<Record<string, string>> {
  const token = await new SignJWT({ scope })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(exp)
    .sign(new TextEncoder().encode(secret));
  return { authorization: `Bearer ${token}` };
}

const page = (
  path: string,
  access: GatewayPage["access"],
  method: GatewayPage["method"] = "GET",
): GatewayPage => ({
  method,
  path,
  access,
  handle: (
    request,
    scope,
    { version, missing }: { version?: { name: string } | undefined; missing?: string },
  ) => json({ page: path, branch: scope.branch, base: request.base, version: version?.name, missing }),
});

function gateway(options: H3ServerOptions = {}) {
  return start(
    [],
    { auth: { bearer: jwt({ secret }) }, ...options },
    {
      branches: {
        master: [
          served("22222222", [route("GET", "/v", () => json("new"))]),
          served("11111111", [route("GET", "/v", () => json("old"))]),
        ],
        dev: [served("33333333", [route("GET", "/v", () => json("dev"))])],
      },
      pages: [
        page("/~status", "local"),
        page("/~catalog/openapi.json", "open"),
        page("/~diff", { scope: "gateway.admin" }),
        page("/~api/check", "local", "POST"),
      ],
    },
  );
}

const remote = { "x-forwarded-for": "1.2.3.4" };

describe("S9.11 local", () => {
  test.each([
    ["host: localhost", [], 200],
    ["host: localhost:8080", [], 200],
    ["host: LOCALHOST", [], 200],
    ["host: 127.0.0.1:1", [], 200],
    ["host: [::1]:80", [], 200],
    ["host: 10.1.2.3", [], 200],
    ["host: [::1]", [], 200],
    ["host: [2001:db8::1]:8080", [], 200],
    ["host: ::1", [], 400],
    ["host: [localhost]", [], 400],
    ["host: 127.1", [], 404],
    ["host: 2130706433", [], 404],
    ["host: localhost.", [], 404],
    ["host: localhost:80:80", [], 400],
    ["host: localhost, gateway.example", [], 400],
    ["host: gateway.example", [], 404],
    ["host: localhost.evil.example", [], 404],
    ["host: localhost@evil.example", [], 400],
    ["host: 127.0.0.1.evil.example", [], 404],
    ["host: [::1", [], 400],
    ["host:", [], 400],
    ["host: localhost", ["forwarded: for=1.2.3.4"], 404],
    ["host: localhost", ["X-Forwarded-For: 127.0.0.1"], 404],
    ["host: localhost", ["x-forwarded-anything: 1"], 404],
    ["host: localhost", ["x-forwarded-host: localhost"], 404],
    ["host: localhost", ["X-Forwarded-Proto: http"], 404],
    ["host: localhost", ["forwarded:"], 404],
    ["host: localhost", ["via: 1.1 proxy"], 404],
    ["host: localhost", ["VIA: 1.1 proxy"], 404],
    ["host: localhost", ["x-forwarded: 1", "x-real-ip: 1.2.3.4"], 200],
  ])("%s %j is %i", async (host, headers, status) => {
    const fixture = await gateway();
    const lines = ["GET /~status HTTP/1.1", host, "connection: close", ...headers, "", ""];
    expect(await raw(fixture, lines.join("\r\n"))).toContain(`HTTP/1.1 ${status} `);
  });
});

describe("S9.11 a loopback peer", () => {
  test.each([
    ["127.0.0.1", true],
    ["127.255.0.9", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["10.0.0.1", false],
    ["192.168.0.7", false],
    ["128.0.0.1", false],
    ["::", false],
    ["::2", false],
    ["::ffff:10.0.0.1", false],
    ["fe80::1", false],
    ["127.evil", false],
    ["", false],
  ])("%j is local: %s", (address, local) => {
    const socket = new Socket();
    Object.defineProperty(socket, "remoteAddress", { value: address });
    const incoming = new IncomingMessage(socket);
    incoming.headers.host = "localhost";
    const limits = { bodyBytes: 1, streamBytes: 1 };
    expect(isLocal(new ServerRequest(incoming, new PassThrough(), limits))).toBe(local);
  });

  test("for an absolute URL as target, the host of the URL is used (RFC 9112, 3.2.2)", async () => {
    const fixture = await gateway();
    const answer = (host: string) => raw(fixture, rawRequest(`GET http://${host}/~status`));
    expect(await answer("127.0.0.1:8080")).toContain("HTTP/1.1 200 ");
    expect(await answer("[::1]")).toContain("HTTP/1.1 200 ");
    expect(await answer("gateway.example")).toContain("HTTP/1.1 404 ");
    expect(await answer("localhost@gateway.example")).toContain("HTTP/1.1 400 ");
  });
});

describe("S9.11 reserved names", () => {
  test.each(reservedNames)(
    "%s can never select a branch, and answers 404 where the gateway has no such page",
    async (name) => {
      const fixture = await start(
        [],
        { access: { branches: "open" }, branch: { header: "x-branch", cookie: "branch" } },
        {
          branches: {
            master: [served("11111111", [route("GET", "/v", () => json("master"))])],
            [name]: [
              served("22222222", [
                route("GET", "/v", () => expect.unreachable("The route of a reserved branch ran.")),
              ]),
            ],
          },
        },
      );
      const status = async (path: string, headers: Record<string, string> = {}) =>
        (await fetch(fixture.url + path, { headers })).status;
      expect(await status(`/~${name}/v`)).toBe(404);
      expect(await status(`/~${name}`)).toBe(404);
      expect(await status(`/~${name}@22222222/v`)).toBe(404);
      expect(await status(`/~master/~${name}`)).toBe(404);
      expect(await status("/v", { "x-branch": name })).toBe(404);
      expect(await status("/v", { cookie: `branch=${name}@latest` })).toBe(404);
      expect(fixture.found).not.toContain(name);
    },
  );
});

describe("S9.11 access by WebSocket", () => {
  test.each([
    ["/~dev/ws", "local", 404],
    ["/~master@11111111/ws", "local", 404],
    ["/~dev/ws", "open", "dev"],
    ["/~master@11111111/ws", "open", "old"],
    ["/~master@22222222/ws", "local", "new"],
    ["/ws", "local", "new"],
  ] as const)("a remote upgrade of %s with access %s: %s", async (path, access, expected) => {
    const fixture = await start([], { access: { branches: access, versions: access } });
    const ws = (name: string) => [socketRoute("/ws", async (socket) => socket.send(name))];
    fixture.branches = {
      master: [served("22222222", ws("new")), served("11111111", ws("old"))],
      dev: [served("33333333", ws("dev"))],
    };
    if (expected === 404) expect((await refusal(fixture, path, { headers: remote })).status).toBe(404);
    else expect(await received(await dial(fixture, path, { headers: remote }), 1)).toEqual([expected]);
    if (expected === 404) await dial(fixture, path);
  });
});

describe("S9.11 access", () => {
  test("a client without access gets the same reply as for what does not exist", async () => {
    const { url } = await gateway();
    const answers = async (path: string) => {
      const { requestId: _id, ...rest } = await problem(await fetch(url + path, { headers: remote }));
      return JSON.stringify(rest).replaceAll(/dev|nope|11111111|44444444/g, "X");
    };
    expect(await answers("/~dev/v")).toBe(await answers("/~nope/v"));
    expect(await answers("/~master@11111111/v")).toBe(await answers("/~master@44444444/v"));
    expect(await answers("/~status")).toBe(await answers("/~metrics"));
    expect(await answers("/~diff")).toBe(await answers("/~metrics"));
    expect((await fetch(`${url}/~status`, { method: "POST", headers: remote })).status).toBe(404);
  });

  test("a refused request looks up nothing", async () => {
    const fixture = await gateway();
    await fetch(`${fixture.url}/~dev/v`, { headers: remote });
    await fetch(`${fixture.url}/~master@11111111/v`, { headers: remote });
    expect(fixture.found).toEqual(["master"]);
  });

  test("all clients can use master, its newest version by tag, health and open pages", async () => {
    const { url } = await gateway();
    for (const path of [
      "/v",
      "/~master/v",
      "/~master@22222222/v",
      "/~health/liveness",
      "/~catalog/openapi.json",
    ])
      expect((await fetch(url + path, { headers: remote })).status, path).toBe(200);
  });

  test("local clients can use branches, versions and local pages by default", async () => {
    const { url } = await gateway();
    for (const path of ["/~dev/v", "/~master@11111111/v", "/~status"])
      expect((await fetch(url + path)).status, path).toBe(200);
    expect((await fetch(`${url}/~diff`)).status).toBe(404);
  });

  test.each([
    ["a version of a branch needs both accesses", "open", "local", 404],
    ["a version of a branch needs both accesses", "local", "open", 404],
    ["a version of a branch with both accesses", "open", "open", 200],
  ] as const)("%s: branches %s, versions %s is %i", async (_what, branches, versions, status) => {
    const fixture = await gateway({ access: { branches, versions } });
    fixture.branches.dev = [served("44444444", []), ...(fixture.branches.dev ?? [])];
    expect((await fetch(`${fixture.url}/~dev@33333333/v`, { headers: remote })).status).toBe(status);
  });

  test.each(["/~dev/~status", "/~master@11111111/~catalog/openapi.json"])(
    "a page of a branch or version needs the access to it: %s",
    async (path) => {
      const { url } = await gateway();
      expect((await fetch(url + path)).status).toBe(200);
      expect((await fetch(url + path, { headers: remote })).status).toBe(404);
    },
  );

  test("the newest version of a branch by its tag needs only the access to the branch", async () => {
    const { url } = await gateway({ access: { branches: "open" } });
    expect((await fetch(`${url}/~dev@33333333/v`, { headers: remote })).status).toBe(200);
    expect((await fetch(`${url}/~dev@latest/v`, { headers: remote })).status).toBe(200);
  });

  test("open: all clients have access", async () => {
    const { url } = await gateway({ access: { branches: "open", versions: "open" } });
    expect((await fetch(`${url}/~dev/v`, { headers: remote })).status).toBe(200);
    expect((await fetch(`${url}/~master@11111111/v`, { headers: remote })).status).toBe(200);
  });

  test("a scope: clients whose token has it, as a list or a text", async () => {
    const { url } = await gateway({ access: { branches: { scope: "dev" }, versions: { scope: "old" } } });
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(url + path, { headers: { ...remote, ...headers } })).status;
    expect(await status("/~dev/v", await bearer("other dev"))).toBe(200);
    expect(await status("/~dev/v", await bearer(["dev"]))).toBe(200);
    expect(await status("/~master@11111111/v", await bearer("old"))).toBe(200);
    expect(await status("/~diff", await bearer("gateway.admin"))).toBe(200);
    expect(await status("/~dev/v", await bearer("developer"))).toBe(404);
    expect(await status("/~dev/v", await bearer("dev", "-1m"))).toBe(404);
    expect(await status("/~dev/v", { authorization: "Bearer nonsense" })).toBe(404);
    expect(await status("/~dev/v")).toBe(404);
  });
});

describe("S9.9 pages", () => {
  test("a page gets the branch and version of the request", async () => {
    const { url } = await gateway();
    const shown = async (path: string) => (await fetch(url + path)).json();
    expect(await shown("/~status")).toMatchObject({ branch: "master", base: "", version: "22222222" });
    expect(await shown("/~dev/~status")).toMatchObject({ branch: "dev", base: "/~dev", version: "33333333" });
    expect(await shown("/~master@11111111/~status")).toMatchObject({
      base: "/~master@11111111",
      version: "11111111",
    });
    expect(await shown("/~dev/~catalog/openapi.json?x=1")).toMatchObject({ branch: "dev" });
  });

  test("another method answers 405 with Allow; HEAD uses the page of GET", async () => {
    const { url } = await gateway();
    const wrong = await fetch(`${url}/~api/check`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    expect((await fetch(`${url}/~api/check`, { method: "POST" })).status).toBe(200);
    expect((await fetch(`${url}/~status`, { method: "HEAD" })).status).toBe(200);
  });

  test("a page can handle all paths below its own; a page with the exact path takes precedence", async () => {
    const fixture = await gateway();
    const of = (path: string): GatewayPage => ({
      ...page(path, "local"),
      handle: (request) => json({ page: path, path: request.path, query: request.query }),
    });
    fixture.pages = [{ ...of("/~diff"), prefix: true }, of("/~diff/own"), of("/~status")];
    const shown = async (path: string) => (await fetch(fixture.url + path)).json();
    expect(await shown("/~diff/master@latest..next@22222222?format=text")).toEqual({
      page: "/~diff",
      path: "/~diff/master@latest..next@22222222",
      query: { format: "text" },
    });
    expect(await shown("/~diff/a/b")).toMatchObject({ page: "/~diff", path: "/~diff/a/b" });
    expect(await shown("/~diff/own")).toMatchObject({ page: "/~diff/own" });
    expect(await shown("/~dev/~diff/x")).toMatchObject({ page: "/~diff", path: "/~diff/x" });
    expect(await shown("/~diffs/x")).toMatchObject({ status: 404 });
    expect(await shown("/~status/x")).toMatchObject({ status: 404 });
    expect((await fetch(`${fixture.url}/~diff/x`, { headers: remote })).status).toBe(404);
    expect((await fetch(`${fixture.url}/~diff/x`, { method: "POST" })).headers.get("allow")).toBe(
      "GET, HEAD, OPTIONS",
    );
  });

  test("pages are served also where nothing else is, and get the reason", async () => {
    const fixture = await gateway();
    expect(await (await fetch(`${fixture.url}/~nope/~status`)).json()).toMatchObject({ missing: "branch" });
    fixture.starting = true;
    expect(await (await fetch(`${fixture.url}/~status`)).json()).toMatchObject({ missing: "starting" });
    expect((await fetch(`${fixture.url}/v`)).status).toBe(503);
  });

  test("below the prefix of a branch, /~ leads only to pages of the gateway", async () => {
    const { url } = await gateway();
    expect((await fetch(`${url}/~dev/~other`)).status).toBe(404);
    expect((await fetch(`${url}/~dev/~dev/v`)).status).toBe(404);
    expect((await fetch(`${url}/~dev/~health/liveness`)).status).toBe(404);
  });
});

test("an upgrade without a WebSocket route is refused by an HTTP reply, before any handshake", async () => {
  const fixture = await gateway();
  const headers = [
    "upgrade: websocket",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version: 13",
  ];
  const upgrade = rawRequest("GET /v", headers).replace("connection: close", "connection: upgrade");
  const answer = await raw(fixture, upgrade);
  expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\ncontent-type: application\/problem\+json/);
  expect(answer).not.toContain("HTTP/1.1 101");
  expect(await raw(fixture, rawRequest("GET /v", ["upgrade: h2c"]))).toContain("200 OK");
});
