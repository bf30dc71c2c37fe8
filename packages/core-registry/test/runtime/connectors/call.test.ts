import { contextOf, knownFunctions } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { TraceEvent } from "../../../src/contracts/call-scope.ts";
import type { EndpointConnectors } from "../../../src/contracts/connector.ts";
import type { DirectorySnapshot } from "../../../src/contracts/directory.ts";
import { TidegateError } from "../../../src/contracts/errors.ts";
import type { Scope } from "../../../src/contracts/scope.ts";
import { createConnectorTable } from "../../../src/runtime/connectors/connector-table.ts";
import { emptyPolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { collector, directoryOf, getOptions, origin, restSources, scopeOf, testBroker } from "./kit.ts";

function bench(gate = emptyPolicyGate) {
  const sandbox = knownFunctions();
  const { findings, addFinding } = collector();
  const reports = collector();
  const console: unknown[] = [];
  const table = createConnectorTable({
    origin,
    sandbox,
    gate,
    contexts: ["auth", "id"],
    sources: restSources,
    addFinding,
    reportRuntime: reports.addFinding,
    console: (message) => void console.push(message),
  });
  const compile = (endpoint: EndpointConnectors) => {
    const connector = table.compile(endpoint, getOptions);
    if (connector === undefined) throw new Error(JSON.stringify(findings));
    return connector;
  };
  return { sandbox, findings, reports: reports.findings, console, table, compile };
}

const declared = { params: { properties: { id: { type: "number" } } } };

describe("S2 call", () => {
  test("calls the action on the directory's nodes with the mapped params, returns its response", async () => {
    const broker = testBroker(() => ({ name: "Son" }));
    const directory = directoryOf(broker, { "player.get": { ...declared, nodes: ["n2"] } });
    const { compile, findings } = bench();
    const connector = compile({ call: { action: "player.get", params: { x: "@path.x" } } });
    const result = connector.run(scopeOf(directory), { path: { x: "1", id: "7" }, query: {} });
    expect(await result).toEqual({ name: "Son" });
    expect(broker.calls).toEqual([{ action: "player.get", params: { x: "1", id: 7 }, nodes: ["n2"] }]);
    expect(findings).toEqual([]);
  });

  test("the broker receives the scope itself: deadline, signal, context", async () => {
    const broker = testBroker();
    const got: unknown[] = [];
    const directory = directoryOf(
      { ...broker, call: async (scope) => void got.push(scope) },
      { "player.get": declared },
    );
    const scope = scopeOf(directory, { deadline: 1234 });
    await bench()
      .compile({ call: { action: "player.get" } })
      .run(scope, { path: {}, query: {} });
    expect(got[0]).toBe(scope);
  });

  test("S2.1 `if` falsy: nothing is called and the result is null; a string is true", async () => {
    const broker = testBroker(() => "called");
    const directory = directoryOf(broker, { "player.get": declared });
    const { compile, sandbox } = bench();
    const connector = compile({
      call: {
        action: "player.get",
        if: sandbox.text(({ query }: { query: { go?: string } }) => query.go, { reads: [["query", "go"]] }),
      },
    });
    expect(connector.run(scopeOf(directory), { path: {}, query: {} })).toBe(null);
    expect(broker.calls).toEqual([]);
    expect(await connector.run(scopeOf(directory), { path: {}, query: { go: "yes" } })).toBe("called");
  });

  test("S2.3 the order is: if, params, policies, call, map", async () => {
    const order: string[] = [];
    const directory = directoryOf(
      testBroker(() => void order.push("call")),
      { "player.get": {} },
    );
    const gate = {
      owner: false,
      rules: [],
      lifecycles: [],
      rulesFor: () => ({ rules: [], check: () => void order.push("policies") as undefined }),
    };
    const { compile, sandbox } = bench(gate);
    const connector = compile({
      call: {
        action: "player.get",
        params: {},
        if: sandbox.text(() => order.push("if"), { reads: [] }),
        map: sandbox.text(() => order.push("map"), { reads: [] }),
      },
    });
    await connector.run(
      scopeOf(directory, { trace: ({ at }) => void (at === "params" && order.push("params")) }),
      {},
    );
    expect(order).toEqual(["if", "params", "policies", "call", "map"]);
  });

  test("`map` receives { request: { ...sources, params }, response }, of it only what it reads", async () => {
    const directory = directoryOf(
      testBroker(() => ({ n: 1 })),
      { "player.get": declared },
    );
    const { compile, sandbox } = bench();
    const sources = { path: { id: "3" }, query: { q: "1" }, body: undefined };
    const context = contextOf({ auth: { scope: ["a"] }, id: "r1" });
    const all = compile({
      call: { action: "player.get", map: sandbox.text((argument) => argument, { reads: "all" }) },
    });
    await all.run(scopeOf(directory, { context }), sources);
    const some = compile({
      call: {
        action: "player.get",
        map: sandbox.text(() => 1, {
          reads: [
            ["request", "params"],
            ["request", "context", "id"],
          ],
        }),
      },
    });
    await some.run(scopeOf(directory, { context }), sources);
    expect(sandbox.seen).toEqual([
      {
        request: {
          path: { id: "3" },
          query: { q: "1" },
          params: { id: 3 },
          context: { auth: { scope: ["a"] }, id: "r1" },
        },
        response: { n: 1 },
      },
      { request: { params: { id: 3 }, context: { id: "r1" } } },
    ]);
    expect([...some.reads].sort()).toEqual(["path", "query"]);
  });

  test("context values are prepared before they are read, and only those", async () => {
    const prepared: string[][] = [];
    const context = {
      ...contextOf({ auth: 1 }),
      prepare: async (names: readonly string[]) => void prepared.push([...names]),
    };
    const directory = directoryOf(testBroker(), { "player.get": {} });
    const { compile } = bench();
    const connector = compile({ call: { action: "player.get", params: { a: "@context.auth" } } });
    expect(await connector.run(scopeOf(directory, { context }), {})).toEqual({ a: 1 });
    await compile({ call: { action: "player.get", params: { a: "x" } } }).run(
      scopeOf(directory, { context }),
      {},
    );
    expect(prepared).toEqual([["auth"]]);
  });

  test("S2.1 a function that throws fails its connector, and is reported", async () => {
    const directory = directoryOf(testBroker(), { "player.get": {} });
    const { compile, sandbox, reports } = bench();
    const fails = sandbox.text(() => {
      throw new Error("oops");
    });
    await expect(
      compile({ call: { action: "player.get", map: fails } }).run(scopeOf(directory), {}),
    ).rejects.toMatchObject({
      code: "FUNCTION_THREW",
    });
    expect(reports).toMatchObject([{ code: "FUNCTION_THREW", jsonPath: "protocol.REST.routes[0].call.map" }]);
  });

  test("S10.1 console messages have the function's JSON path", async () => {
    const directory = directoryOf(testBroker(), { "player.get": {} });
    const { compile, sandbox, console } = bench();
    await compile({ call: { action: "player.get", map: sandbox.text(() => 1) } }).run(scopeOf(directory), {});
    expect(console).toEqual([{ level: "log", text: "ran", jsonPath: "protocol.REST.routes[0].call.map" }]);
  });

  test("a trace receives params and functions", async () => {
    const events: TraceEvent[] = [];
    const directory = directoryOf(testBroker(), { "player.get": {} });
    const { compile, sandbox } = bench();
    const connector = compile({
      call: { action: "player.get", params: { a: 1 }, map: sandbox.text(() => 1) },
    });
    await connector.run(scopeOf(directory, { trace: (event) => void events.push(event) }), {});
    expect(events).toMatchObject([
      { at: "params", params: { a: 1 } },
      { at: "function", label: "player protocol.REST.routes[0].call.map", tier: "native" },
    ]);
  });
});

describe("S2.4 which actions can be mapped", () => {
  const run = (directory: DirectorySnapshot, scope: Partial<Scope> = {}) =>
    bench()
      .compile({ call: { action: "player.get" } })
      .run(scopeOf(directory, scope), { path: {}, query: {} });

  test.each([
    ["missing", {}],
    ["gone", { "player.get": { state: "gone" as const } }],
    ["not published any more", { "player.get": { published: false } }],
  ])("an action that is %s answers 503, and says when to try again", (_, actions) => {
    expect(() => run(directoryOf(testBroker(), actions))).toThrow(
      expect.objectContaining({
        code: "ACTION_UNAVAILABLE",
        status: 503,
        details: { action: "player.get", retryAfter: 2, dispatched: false },
      }),
    );
  });

  test("an unknown action is a warning with the nearest name; it works once it appears", async () => {
    const { compile, findings } = bench();
    const connector = compile({ call: { action: "player.gett" } });
    expect(findings).toEqual([]);
    const later = directoryOf(
      testBroker(() => "there"),
      { "player.gett": {} },
    );
    expect(await connector.run(scopeOf(later), {})).toBe("there");
  });

  test.each(["$node.list", "player.$hidden", "", "a..b"])("%j cannot be mapped", (action) => {
    const { table, findings } = bench();
    expect(table.compile({ call: { action } }, getOptions)).toBeUndefined();
    expect(findings).toMatchObject([{ severity: "error", code: "ACTION_NAME_INVALID" }]);
  });

  test("S2.2 findings of a short form have its JSON path", () => {
    const { table, findings } = bench();
    table.compile({ call: { action: "$x", params: { a: "@args.a" } }, short: "action" }, getOptions);
    expect(findings.map((finding) => finding.jsonPath)).toEqual([
      "protocol.REST.routes[0].action",
      "protocol.REST.routes[0].params.a",
    ]);
  });

  test("S11.3 a function's syntax error refuses the connector, with its place", () => {
    const { table, findings } = bench();
    expect(table.compile({ call: { action: "player.get", map: "=> return" } }, getOptions)).toBeUndefined();
    expect(findings).toMatchObject([
      {
        severity: "error",
        code: "FUNCTION_SYNTAX",
        jsonPath: "protocol.REST.routes[0].call.map",
        line: 1,
        column: 1,
      },
    ]);
  });
});

describe("S2 publish", () => {
  const directory = (broker = testBroker()) => directoryOf(broker, {});

  test("sends the event with the fragment's broker, and returns the payload", async () => {
    const broker = testBroker();
    const { compile } = bench();
    const connector = compile({
      publish: { event: "player.message", params: { text: "@body.text" }, groups: ["mail"], broadcast: true },
    });
    expect(await connector.run(scopeOf(directory(broker)), { body: { text: "hi", more: 1 } })).toEqual({
      text: "hi",
    });
    expect(broker.sent).toEqual([
      { event: "player.message", params: { text: "hi" }, groups: ["mail"], broadcast: true },
    ]);
    expect(connector.description.events).toEqual(["player.message"]);
  });

  test("a function computes the name, which is then checked", async () => {
    const broker = testBroker();
    const { compile, sandbox } = bench();
    const event = sandbox.text(({ path }: { path: { room: string } }) => `chat.${path.room}`, {
      reads: [["path", "room"]],
    });
    const connector = compile({ publish: { event } });
    await connector.run(scopeOf(directory(broker)), { path: { room: "1" } });
    expect(broker.sent).toEqual([{ event: "chat.1", params: {}, broadcast: false }]);
    for (const room of ["", "*", "a..b", "x".repeat(260)]) {
      expect(() => connector.run(scopeOf(directory(broker)), { path: { room } })).toThrow(
        expect.objectContaining({ code: "EVENT_NAME_INVALID", status: 400 }),
      );
    }
    expect(connector.description.events).toBeUndefined();
    expect(connector.description.rules).toBeUndefined();
  });

  test("`filter` and `map` receive { ...sources, event, params, groups, broadcast }", async () => {
    const broker = testBroker();
    const { compile, sandbox } = bench();
    const connector = compile({
      publish: {
        event: "a.b",
        params: { n: 1 },
        groups: ["g"],
        filter: sandbox.text(() => "yes"),
        map: sandbox.text(({ params }: { params: { n: number } }) => params.n + 1),
      },
    });
    expect(
      await connector.run(scopeOf(directory(broker), { context: contextOf({ id: 1 }) }), { path: { p: 1 } }),
    ).toBe(2);
    const argument = {
      path: { p: 1 },
      context: { id: 1 },
      event: "a.b",
      params: { n: 1 },
      groups: ["g"],
      broadcast: false,
    };
    expect(sandbox.seen).toEqual([argument, argument]);
  });

  test("S2.1 `filter` falsy: nothing is sent", () => {
    const broker = testBroker();
    const { compile, sandbox } = bench();
    expect(
      compile({ publish: { event: "a", filter: sandbox.text(() => 0) } }).run(scopeOf(directory(broker)), {}),
    ).toBe(null);
    expect(broker.sent).toEqual([]);
  });

  test("policies check the name that a function computed", async () => {
    const asked: string[] = [];
    const gate = {
      owner: false,
      rules: [],
      lifecycles: [],
      rulesFor: (_: string, name: string) => ({ rules: [], check: () => void asked.push(name) as undefined }),
    };
    const { compile, sandbox } = bench(gate);
    await compile({ publish: { event: sandbox.text(() => "made.up") } }).run(scopeOf(directory()), {});
    expect(asked).toEqual(["made.up"]);
  });

  test("S13.2 a broker that cannot send answers 501", () => {
    const { publish: _, ...mute } = testBroker();
    const connector = bench().compile({ publish: { event: "a" } });
    expect(() => connector.run(scopeOf(directoryOf(mute, {})), {})).toThrow(
      expect.objectContaining({ code: "CAPABILITY_MISSING", status: 501 }),
    );
  });

  test.each(["a.*", "$node.x", "a..b"])("S6.5 the event %j is refused", (event) => {
    const { table, findings } = bench();
    expect(table.compile({ publish: { event } }, getOptions)).toBeUndefined();
    expect(findings).toMatchObject([
      { severity: "error", code: "EVENT_NAME_INVALID", jsonPath: "protocol.REST.routes[0].publish.event" },
    ]);
  });
});

describe("S2 map", () => {
  test("is a function of the sources, synchronous where possible", () => {
    const directory = directoryOf(testBroker(), {});
    const { compile, sandbox } = bench();
    const connector = compile({
      map: sandbox.text(({ path }: { path: { a: number } }) => path.a + 1, { reads: [["path"]] }),
    });
    expect(connector.run(scopeOf(directory), { path: { a: 1 } })).toBe(2);
    expect([...connector.reads]).toEqual(["path"]);
    expect(connector.description).toEqual({
      kind: "map",
      origin: { ...origin, jsonPath: "protocol.REST.routes[0].map" },
    });
  });
});

test("a service's own error is passed on unchanged", async () => {
  const directory = directoryOf(
    testBroker(() => {
      throw new TidegateError("SERVICE_ERROR", "Retired.", { status: 410, serviceCode: "PLAYER_RETIRED" });
    }),
    { "player.get": {} },
  );
  const connector = bench().compile({ call: { action: "player.get" } });
  await expect(connector.run(scopeOf(directory), {})).rejects.toMatchObject({ status: 410 });
});
