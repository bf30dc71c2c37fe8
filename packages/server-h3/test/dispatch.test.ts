import type { HttpRoute } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { json, problem, raw, rawRequest, route, served, start } from "./fixture.ts";

const echo = (method: "GET" | "POST" | "PUT", path: string): HttpRoute =>
  route(method, path, (request) => json({ route: path, params: request.params }));

describe("S4.2 routes", () => {
  test.each([
    ["/players/me", "/players/me", {}],
    ["/players/1", "/players/:id(\\d+)", { id: "1" }],
    ["/players/x", "/players/:name", { name: "x" }],
    ["/players/x/", "/players/:name", { name: "x" }],
    ["/Players/x", undefined, {}],
    ["/opt", "/opt/:a?/:b?", {}],
    ["/opt/1", "/opt/:a?/:b?", { a: "1" }],
    ["/opt/1/2", "/opt/:a?/:b?", { a: "1", b: "2" }],
    ["/rest", undefined, {}],
    ["/rest/a/b%2Fc", "/rest/*path", { path: "a/b/c" }],
    ["/all", "/all/**", {}],
    ["/all/a/b", "/all/**", {}],
    ["/", "/", {}],
    ["/caf%c3%a9", "/café", {}],
    ["/%70layers/m%65", "/players/me", {}],
    ["/players/a%2Fb%2520", "/players/:name", { name: "a/b%20" }],
    ["/odd*(x)", "/odd%2a%28x%29", {}],
    ["/players//x", undefined, {}],
    ["//players/x", undefined, {}],
  ])("GET %s is %s", async (path, expected, params) => {
    const patterns = [
      "/players/:name",
      "/players/:id(\\d+)",
      "/players/me",
      "/opt/:a?/:b?",
      "/rest/*path",
      "/all/**",
      "/",
      "/café",
      "/odd%2a%28x%29",
    ];
    const { url } = await start(patterns.map((pattern) => echo("GET", pattern)));
    const response = await fetch(url + path);
    if (expected === undefined) {
      expect(response.status).toBe(404);
      expect(await problem(response)).toMatchObject({ code: "NOT_FOUND" });
    } else expect(await response.json()).toEqual({ route: expected, params });
  });

  test("of equal shapes the first one counts, and a method of its own goes past a static path of another", async () => {
    const { url } = await start([
      echo("GET", "/a/:x"),
      echo("GET", "/a/:y"),
      echo("GET", "/a/b"),
      echo("PUT", "/a/:z"),
    ]);
    expect(await (await fetch(`${url}/a/1`)).json()).toMatchObject({ route: "/a/:x" });
    expect(await (await fetch(`${url}/a/b`, { method: "PUT" })).json()).toMatchObject({ params: { z: "b" } });
  });

  test("405 says what is allowed; HEAD follows GET; OPTIONS answers without CORS too", async () => {
    const { url } = await start([echo("GET", "/a"), echo("POST", "/a")]);
    const wrong = await fetch(`${url}/a`, { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, POST, HEAD, OPTIONS"]);
    expect(await problem(wrong)).toMatchObject({ code: "METHOD_NOT_ALLOWED", status: 405 });
    const head = await fetch(`${url}/a`, { method: "HEAD" });
    const get = await fetch(`${url}/a`);
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    const options = await fetch(`${url}/a`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, POST, HEAD, OPTIONS"]);
    expect((await fetch(`${url}/nothing`, { method: "OPTIONS" })).status).toBe(404);
    expect((await fetch(`${url}/a`, { method: "PURGE" })).status).toBe(405);
  });

  test("a route that cannot be mounted takes nothing else down, and is told in the log", async () => {
    const fixture = await start([echo("GET", "/:__proto__"), echo("GET", "/good")]);
    expect((await fetch(`${fixture.url}/good`)).status).toBe(200);
    expect(fixture.log.join()).toContain("__proto__");
  });

  test("the request is what the contract says", async () => {
    const { url } = await start(
      [
        route("GET", "/r/:a", (request, scope) =>
          json({
            url: request.url,
            path: request.path,
            base: request.base,
            query: request.query,
            nullPrototypes: [request.query, request.params].map((of) => Object.getPrototypeOf(of)),
            accept: request.header("accept"),
            none: [request.header("__proto__"), request.header("constructor")].map((of) => of === undefined),
            twice: request.headers.filter(([name]) => name === "x-twice"),
            joined: request.header("x-twice"),
            peer: request.peer,
            scope: { branch: scope.branch, version: scope.version, base: scope.base },
          }),
        ),
      ],
      { access: { branches: "open" } },
      {},
    );
    const response = await fetch(`${url}/~master/r/x/?b=1&b=2&c=&__proto__=p`, {
      headers: [
        ["X-Twice", "1"],
        ["X-Twice", "2"],
        ["Accept", "*/*"],
      ],
    });
    expect(await response.json()).toMatchObject({
      url: "/r/x/?b=1&b=2&c=&__proto__=p",
      path: "/r/x",
      base: "/~master",
      query: { b: ["1", "2"], c: "", ["__proto__"]: "p" },
      nullPrototypes: [null, null],
      accept: "*/*",
      none: [true, true],
      joined: "1, 2",
      peer: { address: "127.0.0.1", encrypted: false },
      scope: { branch: "master", version: "11111111".repeat(4), base: "/~master" },
    });
  });

  test("an absolute target is its path (RFC 9112, 3.2.2)", async () => {
    const fixture = await start([echo("GET", "/a")]);
    expect(await raw(fixture, rawRequest("GET http://elsewhere.example/a?x=1"))).toContain("200 OK");
  });
});

describe("S9.5 branches and versions", () => {
  const branches = () => ({
    master: [
      served("22222222", [route("GET", "/v", () => json("master new"))]),
      served("11111111", [route("GET", "/v", () => json("master old"))]),
    ],
    dev: [served("33333333", [route("GET", "/v", () => json("dev"))])],
  });

  test.each([
    ["/v", "master new"],
    ["/~master/v", "master new"],
    ["/~master@latest/v", "master new"],
    ["/~master@22222222/v", "master new"],
    ["/~master@11111111/v", "master old"],
    [`/~master@${"11111111".repeat(4)}/v`, "master old"],
    ["/~dev/v", "dev"],
    ["/%7Edev/v", "dev"],
    ["/~dev@33333333/v", "dev"],
  ])("%s is %s", async (path, expected) => {
    const { url } = await start([], {}, { branches: branches() });
    expect(await (await fetch(url + path)).json()).toBe(expected);
  });

  test.each([
    ["/~nope/v", "BRANCH_UNKNOWN", "There is no branch 'nope'."],
    ["/~__proto__/v", "BRANCH_UNKNOWN", "There is no branch '__proto__'."],
    ["/~DEV/v", "BRANCH_UNKNOWN", "There is no branch 'DEV'."],
    ["/~/v", "BRANCH_UNKNOWN", "There is no branch ''."],
    ["/~dev@44444444/v", "VERSION_UNKNOWN", "The branch 'dev' has no version '44444444'."],
    ["/~dev@x/v", "VERSION_UNKNOWN", "The branch 'dev' has no version 'x'."],
    ["/~dev/nothing", "NOT_FOUND", "No route matches this path."],
    ["/~dev", "NOT_FOUND", "No route matches this path."],
  ])("%s answers 404 that says which", async (path, code, detail) => {
    const { url } = await start([], {}, { branches: branches() });
    const response = await fetch(url + path);
    expect(response.status).toBe(404);
    expect(await problem(response)).toMatchObject({ code, detail });
  });

  test("a version that is swapped in serves the next request, and the one before answers by its tag", async () => {
    const fixture = await start([route("GET", "/v", () => json(1))]);
    const before = fixture.branches.master ?? [];
    expect(await (await fetch(`${fixture.url}/v`)).json()).toBe(1);
    fixture.branches.master = [served("22222222", [route("GET", "/v", () => json(2))]), ...before];
    expect(await (await fetch(`${fixture.url}/v`)).json()).toBe(2);
    expect(await (await fetch(`${fixture.url}/~master@11111111/v`)).json()).toBe(1);
  });

  test("a request is dispatched with one look at what is served", async () => {
    const fixture = await start([route("GET", "/v", () => json(1))]);
    await fetch(`${fixture.url}/v`);
    expect(fixture.found).toEqual(["master"]);
  });

  test("S12.6 while the gateway starts, everything else answers 503 with retry-after", async () => {
    const fixture = await start([], {}, { starting: true });
    const response = await fetch(`${fixture.url}/v`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await problem(response)).toMatchObject({ code: "STARTING" });
    fixture.starting = false;
    fixture.health = { state: "starting", reasons: [] };
    expect((await fetch(`${fixture.url}/v`)).status).toBe(503);
    fixture.health = { state: "running", reasons: [] };
    expect((await fetch(`${fixture.url}/v`)).status).toBe(404);
  });
});

describe("S12.6 health", () => {
  test.each([
    ["starting", 200, 503],
    ["running", 200, 200],
    ["stopping", 200, 503],
    ["failed", 500, 500],
  ] as const)("%s: liveness %i, readiness %i", async (state, liveness, readiness) => {
    const { url } = await start([], {}, { health: { state, reasons: ["broker nats"] } });
    const live = await fetch(`${url}/~health/liveness`);
    const ready = await fetch(`${url}/~health/readiness`);
    expect([live.status, ready.status]).toEqual([liveness, readiness]);
    expect(await ready.json()).toEqual({ state, reasons: ["broker nats"] });
  });

  test("others learn the state and not the reasons; other probes and methods do not exist", async () => {
    const { url } = await start([], {}, { health: { state: "running", reasons: ["secret"] } });
    const far = await fetch(`${url}/~health/liveness`, { headers: { via: "1.1 proxy" } });
    expect(await far.json()).toEqual({ state: "running" });
    expect((await fetch(`${url}/~health/other`)).status).toBe(404);
    expect((await fetch(`${url}/~health`)).status).toBe(404);
    expect((await fetch(`${url}/~health/liveness`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/~health/liveness`, { method: "HEAD" })).status).toBe(200);
  });
});
