import { describe, expect, test } from "vitest";
import { bench, routeOf } from "./kit.ts";

const route = (path: string, method: "GET" | "POST" = "GET") => ({
  method,
  path,
  call: { action: "player.get", params: { id: "@path.id" } },
});
const action = { "player.get": { properties: {} } };

describe("S4 a compiled part", () => {
  test("has routes, and endpoints that describe them", async () => {
    const { compile, findings } = bench();
    const { compiled } = await compile(
      {
        basePath: "/players",
        description: "All of them.",
        routes: [{ ...route("/:id"), description: "One.", deprecated: true }],
      },
      action,
    );
    expect(findings).toEqual([]);
    expect(routeOf(compiled)).toMatchObject({ kind: "http", method: "GET", path: "/players/:id" });
    expect(compiled.endpoints).toMatchObject([
      {
        protocol: "REST",
        key: "GET /players/:",
        label: "GET /players/:id",
        description: "One.",
        deprecated: true,
        http: { method: "GET", path: "/players/:id" },
        group: { name: "player", description: "All of them." },
        origin: { service: "player", jsonPath: "protocol.REST.routes[0]" },
        connectors: [{ kind: "call", action: "player.get", implicitSources: ["path", "query"] }],
      },
    ]);
  });

  test("the fingerprint of an endpoint depends neither on documentation nor on the form", async () => {
    const fingerprintOf = async (one: object) =>
      (await bench().compile({ basePath: "/p", routes: [{ method: "GET", path: "/", ...one }] }, action))
        .compiled.endpoints[0]?.fingerprint;
    const long = await fingerprintOf({ call: { action: "player.get", params: { a: 1 } } });
    expect(
      await fingerprintOf({ action: "player.get", params: { a: 1 }, description: "d", deprecated: true }),
    ).toBe(long);
    expect(await fingerprintOf({ action: "player.get", params: { a: 2 } })).not.toBe(long);
    expect(await fingerprintOf({ action: "player.get", params: { a: 1 }, ignoreError: true })).not.toBe(long);
  });

  test("S3.3 implicit params come from the path, then from the query or the body", async () => {
    const { compile } = bench();
    const { compiled } = await compile({ basePath: "/", routes: [route("/a"), route("/a", "POST")] }, action);
    expect(compiled.endpoints.map(({ connectors }) => connectors[0]?.implicitSources)).toEqual([
      ["path", "query"],
      ["path", "body"],
    ]);
  });

  test("has no routes where the fragment has none", async () => {
    expect((await bench().compile({})).compiled).toEqual({ claims: [], endpoints: [], routes: [] });
  });
});

describe("S4.6 claims", () => {
  test("one claim for each combination of optional parameters, without names", async () => {
    const { compile } = bench();
    const { compiled } = await compile({ basePath: "/p", routes: [route("/:id?")] }, action);
    expect(compiled.claims).toEqual([
      { key: "GET /p/:", label: "GET /p/:id?", jsonPath: "protocol.REST.routes[0]" },
      { key: "GET /p", label: "GET /p/:id?", jsonPath: "protocol.REST.routes[0]" },
    ]);
  });

  test.each([
    ["/me", "/me/"],
    ["/:id", "/:name"],
    ["/:id?", "/"],
  ])("S1.6 %s and %s overlap in one fragment: an error", async (one, other) => {
    const { compile, findings } = bench();
    const { compiled } = await compile({ basePath: "/players", routes: [route(one), route(other)] }, action);
    expect(findings).toMatchObject([
      {
        severity: "error",
        code: "ROUTE_TWICE",
        jsonPath: "protocol.REST.routes[1]",
        message: expect.stringContaining("protocol.REST.routes[0]"),
      },
    ]);
    expect(compiled.routes).toHaveLength(1);
  });

  test("the same path with another method is another route", async () => {
    const { compile, findings } = bench();
    await compile({ basePath: "/p", routes: [route("/me"), route("/me", "POST"), route("/you")] }, action);
    expect(findings).toEqual([]);
  });

  test.each(["/graphql", "/graphql/x", "/~status", "/~x"])(
    "a route cannot use the reserved path %s",
    async (path) => {
      const { compile, findings } = bench();
      const { compiled } = await compile({ basePath: "/", routes: [route(path)] }, action);
      expect(findings).toMatchObject([
        { severity: "error", code: "PATH_RESERVED", jsonPath: "protocol.REST.routes[0].path" },
      ]);
      expect(compiled.routes).toEqual([]);
    },
  );

  test("all faults are found in one pass", async () => {
    const { compile, findings } = bench();
    await compile(
      {
        basePath: "/x",
        routes: [
          { method: "GET", path: "/**/a", map: "=> return" },
          { method: "GET", path: "/b", call: { action: "$a", params: { a: "@args.x", b: "@path.id[]" } } },
        ],
      },
      action,
    );
    expect(findings.map(({ jsonPath, code }) => `${jsonPath} ${code}`).sort()).toEqual([
      "protocol.REST.routes[0].map FUNCTION_SYNTAX",
      "protocol.REST.routes[0].path PATH_INVALID",
      "protocol.REST.routes[1].call.action ACTION_NAME_INVALID",
      "protocol.REST.routes[1].call.params.a SOURCE_FOREIGN",
      "protocol.REST.routes[1].call.params.b BATCHING_INVALID",
    ]);
  });
});
