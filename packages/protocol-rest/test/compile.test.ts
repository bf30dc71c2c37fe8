import { createRegistry } from "@tidegate/core-registry/registry";
import { routeKeys, routeLabel } from "@tidegate/core-registry/runtime";
import { knownFunctions, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { rest } from "../src/index.ts";
import { bench, routeOf } from "./kit.ts";

const route = (path: string, method: "GET" | "POST" = "GET") => ({
  method,
  path,
  call: { action: "player.get", params: { id: "@path.id" } },
});
const action = { "player.get": { properties: {} } };

const functions = knownFunctions();
const map = (path: string, method: "GET" | "POST" = "GET") => ({
  method,
  path,
  map: functions.text(() => 1),
});

/** Publishes a part in a gateway: the core checks what the routes of a fragment claim. */
async function published(part: object) {
  const bus = memoryBroker();
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [],
    sandbox: functions,
    contexts: [],
    reserved: ["/graphql"],
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  bus.node("n1").publish({ name: "player", fragment: { protocol: { REST: part } } });
  const report = await bus.node("n1").waitForReport();
  const { version } = registry.find("master", undefined);
  return {
    errors: report.findings.filter(({ severity }) => severity === "error"),
    routes: version?.endpoints.map(({ label }) => label) ?? [],
  };
}

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
    expect(compiled.routes?.map(({ endpoint }) => endpoint)).toMatchObject([
      {
        description: "One.",
        deprecated: true,
        group: { name: "player", description: "All of them." },
        jsonPath: "protocol.REST.routes[0]",
        connectors: [{ kind: "call", action: "player.get", implicitSources: ["path", "query"] }],
      },
    ]);
  });

  test("the fingerprint of an endpoint depends neither on documentation nor on the form", async () => {
    const fingerprintOf = async (one: object) =>
      (await bench().compile({ basePath: "/p", routes: [{ method: "GET", path: "/", ...one }] }, action))
        .compiled.routes?.[0]?.endpoint?.fingerprint;
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
    expect(compiled.routes?.map(({ endpoint }) => endpoint?.connectors?.[0]?.implicitSources)).toEqual([
      ["path", "query"],
      ["path", "body"],
    ]);
  });

  test("has no routes where the fragment has none", async () => {
    expect((await bench().compile({})).compiled).toEqual({ routes: [] });
  });
});

describe("S4.6 claims", () => {
  test("one claim for each combination of optional parameters, without names", async () => {
    const { compile } = bench();
    const { compiled } = await compile({ basePath: "/p", routes: [route("/:id?")] }, action);
    expect(routeKeys(routeOf(compiled))).toEqual(["GET /p/:", "GET /p"]);
    expect(routeLabel(routeOf(compiled))).toBe("GET /p/:id?");
  });

  test.each([
    ["/me", "/me/"],
    ["/:id", "/:name"],
    ["/:id?", "/"],
  ])("S1.6 %s and %s overlap in one fragment: an error", async (one, other) => {
    const { errors, routes } = await published({ basePath: "/players", routes: [map(one), map(other)] });
    expect(errors).toMatchObject([
      {
        severity: "error",
        code: "ROUTE_TWICE",
        jsonPath: "protocol.REST.routes[1]",
        message: expect.stringContaining("protocol.REST.routes[0]"),
      },
    ]);
    expect(routes).toEqual([]);
  });

  test("the same path with another method is another route", async () => {
    const { errors, routes } = await published({
      basePath: "/p",
      routes: [map("/me"), map("/me", "POST"), map("/you")],
    });
    expect(errors).toEqual([]);
    expect(routes).toEqual(["GET /p/me", "POST /p/me", "GET /p/you"]);
  });

  test.each(["/graphql", "/graphql/x", "/~status", "/~x"])(
    "a route cannot use the reserved path %s",
    async (path) => {
      const { errors, routes } = await published({ basePath: "/", routes: [map(path)] });
      expect(errors).toMatchObject([
        { severity: "error", code: "PATH_RESERVED", jsonPath: "protocol.REST.routes[0].path" },
      ]);
      expect(routes).toEqual([]);
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
      "protocol.REST.routes[1].call.params.b PARAMS_NEVER",
    ]);
  });
});
