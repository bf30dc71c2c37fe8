import { contextOf, knownFunctions } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { EventPacket } from "../../../src/contracts/broker.ts";
import type { TraceEvent } from "../../../src/contracts/call-scope.ts";
import type { ConnectorOptions, Delivery, SubscribeConfig } from "../../../src/contracts/connector.ts";
import type { PolicyInput } from "../../../src/contracts/policy.ts";
import type { Scope } from "../../../src/contracts/scope.ts";
import { createConnectorTable } from "../../../src/runtime/connectors/connector-table.ts";
import { emptyPolicyGate, type PolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { subscribeSchema } from "../../../src/runtime/connectors/schema.ts";
import { createEventHub } from "../../../src/runtime/event-hub.ts";
import { collector, directoryOf, graphqlSources, origin, scopeOf, testBroker } from "./kit.ts";
import { answeredPolicy, gateOf } from "./policies.ts";

const fieldOptions: ConnectorOptions = {
  jsonPath: "protocol.GraphQL.resolvers.Subscription.x",
  sources: ["source", "args"],
  implicit: ["args"],
  batching: true,
};
const place = `${fieldOptions.jsonPath}.subscribe`;

function bench(gate: PolicyGate = emptyPolicyGate) {
  const sandbox = knownFunctions();
  const { findings, addFinding } = collector();
  const reports = collector();
  const table = createConnectorTable({
    origin,
    sandbox,
    gate,
    contexts: ["auth"],
    sources: graphqlSources,
    addFinding,
    reportRuntime: reports.addFinding,
    console: () => undefined,
  });
  const compile = (config: SubscribeConfig) => {
    const connector = table.subscribe(config, fieldOptions);
    if (connector === undefined) throw new Error(JSON.stringify(findings));
    return connector;
  };
  return { sandbox, findings, reports: reports.findings, table, compile };
}

/** A hub, and a subscription's scope on it that says which of its forks were made and ended. */
function stage(parts: Partial<Scope> = {}) {
  const hub = createEventHub([]);
  const ended = new AbortController();
  const forks: Scope[] = [];
  const over = new Set<Scope>();
  const directory = directoryOf(testBroker(), {});
  const fork = (): Scope => {
    const made: Scope = scopeOf(directory, { ...parts, end: () => void over.add(made) });
    forks.push(made);
    return made;
  };
  const scope = scopeOf(directory, { events: hub, signal: ended.signal, fork, ...parts });
  const send = (event: string, payload: unknown = null, more: Partial<EventPacket> = {}) =>
    hub.receive({ event, payload, broadcast: false, ...more });
  return { hub, scope, send, forks, over, end: () => ended.abort(), fork };
}

async function take(deliveries: AsyncIterator<Delivery>): Promise<Delivery> {
  const { value, done } = await deliveries.next();
  if (done === true) throw new Error("It ended.");
  return value;
}

describe("S2 subscribe", () => {
  test("delivers the payloads of names and patterns in order, each in its own scope (S5.3)", async () => {
    const { scope, send, forks, over } = stage();
    const { compile } = bench();
    const subscription = await compile({ events: ["player.joined", "team.*", "team.*"] }).accept(scope, {});
    expect(subscription.events).toEqual(["player.joined", "team.*"]);
    const deliveries = subscription.open();
    send("player.joined", { id: 1 });
    send("player.left", { id: 2 });
    send("team.won", { id: 3 });
    const first = await take(deliveries);
    const second = await take(deliveries);
    expect([first.value, second.value]).toEqual([{ id: 1 }, { id: 3 }]);
    expect([first.scope, second.scope]).toEqual(forks);
    expect(over.size).toBe(0);
  });

  test("listening begins with `open`, not with the first `next`, and not with `accept`", async () => {
    const { scope, send } = stage();
    const subscription = await bench()
      .compile({ events: ["a"] })
      .accept(scope, {});
    send("a", 0);
    const deliveries = subscription.open();
    send("a", 1);
    expect((await take(deliveries)).value).toBe(1);
  });

  test("`filter` and `map` receive sources, source (the event), event, params, broadcast", async () => {
    const context = contextOf({ auth: { id: 7 } });
    const { scope, send } = stage({ context });
    const { compile, sandbox } = bench();
    const connector = compile({
      events: ["a.*"],
      filter: sandbox.text(() => "yes"),
      map: sandbox.text(({ params }: { params: { n: number } }) => params.n + 1),
    });
    const deliveries = (await connector.accept(scope, { args: { x: 1 }, source: "root" })).open();
    send("a.b", { n: 1 }, { node: "n1", groups: ["g"], broadcast: true });
    expect((await take(deliveries)).value).toBe(2);
    const source = { event: "a.b", payload: { n: 1 }, broadcast: true, node: "n1", groups: ["g"] };
    const argument = {
      args: { x: 1 },
      source,
      event: "a.b",
      params: { n: 1 },
      broadcast: true,
      context: { auth: { id: 7 } },
    };
    expect(sandbox.seen).toEqual([argument, argument]);
    expect([...connector.reads]).toEqual(["args"]);
  });

  test("S2.1 `filter` falsy: the event is left out, and its scope ends", async () => {
    const { scope, send, forks, over } = stage();
    const { compile, sandbox } = bench();
    const filter = sandbox.text(({ params }: { params: unknown }) => params, { reads: [["params"]] });
    const deliveries = (await compile({ events: ["a"], filter }).accept(scope, {})).open();
    for (const payload of [0, "", null, "last"]) send("a", payload);
    const delivery = await take(deliveries);
    expect(delivery.value).toBe("last");
    expect([...over]).toEqual(forks.slice(0, 3));
    expect(forks[3]).toBe(delivery.scope);
  });

  test("events are processed in order, one at a time", async () => {
    const { scope, send } = stage();
    const { compile, sandbox } = bench();
    const dispatched: number[] = [];
    const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const;
    const map = sandbox.text(({ params }: { params: 0 | 1 }) => {
      dispatched.push(params);
      return gates[params].promise;
    });
    const deliveries = (await compile({ events: ["a"], map }).accept(scope, {})).open();
    send("a", 0);
    send("a", 1);
    const both = [take(deliveries), take(deliveries)];
    gates[1].resolve("second");
    await Promise.resolve();
    gates[0].resolve("first");
    expect((await Promise.all(both)).map(({ value }) => value)).toEqual(["first", "second"]);
    expect(dispatched).toEqual([0, 1]);
  });

  test.each(["filter", "map"])(
    "a `%s` that throws fails its event alone, and is reported",
    async (member) => {
      const { scope, send, forks } = stage();
      const { compile, sandbox, reports } = bench();
      const picky = sandbox.text(({ params }: { params: number }) => {
        if (params === 1) throw new Error("not this one");
        return params;
      });
      const deliveries = (await compile({ events: ["a"], [member]: picky }).accept(scope, {})).open();
      send("a", 1);
      send("a", 2);
      const failed = await take(deliveries);
      expect(failed).toMatchObject({ value: undefined, error: { code: "FUNCTION_THREW" } });
      expect(failed.scope).toBe(forks[0]);
      const next = await take(deliveries);
      expect([next.value, "error" in next]).toEqual([2, false]);
      expect(reports).toMatchObject([{ code: "FUNCTION_THREW", jsonPath: `${place}.${member}` }]);
    },
  );

  test("a caller can create the scopes of events", async () => {
    const { scope, send, forks, fork } = stage();
    const own: Scope[] = [];
    const subscription = await bench()
      .compile({ events: ["a"] })
      .accept(scope, {});
    const deliveries = subscription.open(() => {
      own.push(fork());
      return own.at(-1) ?? scope;
    });
    send("a", 1);
    expect((await take(deliveries)).scope).toBe(own[0]);
    expect(forks).toEqual(own);
  });
});

describe("S6.5 names", () => {
  test("a function of the sources returns one name, or a list of names", async () => {
    const { scope, send } = stage();
    const { compile, sandbox } = bench();
    const text = sandbox.text(({ args }: { args: { names: unknown } }) => args.names, {
      reads: [["args", "names"]],
    });
    const connector = compile({ events: text });
    expect(connector.description).toEqual({
      kind: "subscribe",
      origin: { ...origin, jsonPath: place },
      possibleRules: [],
    });
    expect([...connector.reads]).toEqual(["args"]);
    const one = await connector.accept(scope, { args: { names: "chat.1" } });
    const two = await connector.accept(scope, { args: { names: ["chat.1", "chat.2", "chat.1"] } });
    expect([one.events, two.events]).toEqual([["chat.1"], ["chat.1", "chat.2"]]);
    const deliveries = two.open();
    send("chat.2", "hi");
    expect((await take(deliveries)).value).toBe("hi");
  });

  test.each([
    "chat.*",
    "**",
    "$node.connected",
    "chat.",
    "",
    "x".repeat(257),
    5,
    null,
    [],
    [1],
    ["a", "b.*"],
    {},
    Array.from({ length: 1_001 }, (_, index) => `a${index}`),
  ])("%j, made by a function, is refused with 400", async (names) => {
    const { scope, hub } = stage();
    const { compile, sandbox } = bench();
    const events = sandbox.text(({ args }: { args: { names: unknown } }) => args.names);
    await expect(compile({ events }).accept(scope, { args: { names } })).rejects.toMatchObject({
      code: "EVENT_NAME_INVALID",
      status: 400,
    });
    expect(hub.size).toBe(0);
  });

  test.each([
    ["$node.*", "internal events of the broker"],
    ["a..b", "cannot have an empty segment"],
    ["a.**b", "must stand alone"],
    ["a.{b,c}", "cannot contain `{`"],
    ["*a".repeat(9), "at most 8 wildcards"],
  ])("the written %j is refused when the fragment is read", (event, why) => {
    const { table, findings } = bench();
    expect(table.subscribe({ events: ["fine.*", event] }, fieldOptions)).toBeUndefined();
    expect(findings).toMatchObject([
      {
        severity: "error",
        code: "EVENT_NAME_INVALID",
        jsonPath: `${place}.events[1]`,
        message: expect.stringContaining(why),
        found: event,
      },
    ]);
  });

  test("a text that is not a function is refused, with the valid forms", () => {
    const { table, findings } = bench();
    expect(table.subscribe({ events: "player.joined" }, fieldOptions)).toBeUndefined();
    expect(findings).toMatchObject([
      {
        code: "EVENT_NAME_INVALID",
        jsonPath: `${place}.events`,
        expected: expect.stringContaining('["player.joined"]'),
      },
    ]);
  });

  test("a function's syntax error refuses the connector, with its place", () => {
    const { table, findings } = bench();
    expect(table.subscribe({ events: ["a"], map: "=> 1" }, fieldOptions)).toBeUndefined();
    expect(findings).toMatchObject([{ code: "FUNCTION_SYNTAX", jsonPath: `${place}.map` }]);
  });

  test.each([[{}], [{ events: [] }], [{ events: [1] }], [{ events: ["a"], params: {} }], ["a"]])(
    "%j is no `subscribe`",
    (config) => {
      expect(subscribeSchema.safeParse(config).success).toBe(false);
    },
  );
});

describe("S7.2 policies", () => {
  const yes = { allowed: true };
  const no = { allowed: false };

  test("rules whose patterns overlap a subscribed pattern apply before anything is opened", async () => {
    const asked: unknown[] = [];
    const gate = await gateOf(
      {
        subscribe: [
          { events: ["player.**"], ask: "players" },
          { events: ["*.secret"], ask: "secrets" },
          { events: ["team.*"], ask: "teams" },
        ],
        publish: [{ events: ["**"], ask: "publish" }],
      },
      [
        answeredPolicy("ask", (rule, { kind, name, params }) => {
          asked.push([rule, kind, name, params]);
          return rule === "secrets" ? no : yes;
        }),
      ],
    );
    const { scope, hub } = stage();
    const connector = bench(gate).compile({ events: ["player.*"] });
    await expect(connector.accept(scope, {})).rejects.toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
    expect(asked).toEqual([
      ["players", "subscribe", "player.*", undefined],
      ["secrets", "subscribe", "player.*", undefined],
    ]);
    expect(hub.size).toBe(0);
    expect(connector.description).toMatchObject({
      events: ["player.*"],
      rules: [{ requirements: { ask: "players" } }, { requirements: { ask: "secrets" } }],
    });
  });

  test("where a function computes the names, every rule of the kind is possible", async () => {
    const gate = await gateOf(
      {
        subscribe: [
          { events: ["player.**"], ask: "1" },
          { events: ["team"], ask: "2" },
        ],
        call: [{ actions: ["**"], ask: "3" }],
      },
      [answeredPolicy("ask", () => yes)],
    );
    const { compile, sandbox } = bench(gate);
    expect(compile({ events: sandbox.text(() => "a") }).description.possibleRules).toMatchObject([
      { requirements: { ask: "1" } },
      { requirements: { ask: "2" } },
    ]);
  });

  test("each received name is checked once more; denied events are left out and traced", async () => {
    const asked: string[] = [];
    const gate = await gateOf({ subscribe: [{ events: ["player.**"], ask: "1" }] }, [
      answeredPolicy("ask", (_, { name }) => {
        asked.push(name);
        return name === "player.secret" ? no : yes;
      }),
    ]);
    const traced: TraceEvent[] = [];
    const { scope, send, forks, over } = stage({ trace: (event) => void traced.push(event) });
    const deliveries = (
      await bench(gate)
        .compile({ events: ["player.*"] })
        .accept(scope, {})
    ).open();
    send("player.a", 1);
    send("player.secret", 2);
    send("player.a", 3);
    send("player.b", 4);
    expect([await take(deliveries), await take(deliveries), await take(deliveries)]).toMatchObject([
      { value: 1 },
      { value: 3 },
      { value: 4 },
    ]);
    expect(asked).toEqual(["player.*", "player.a", "player.secret", "player.b"]);
    expect(traced).toContainEqual({ at: "gate", name: "player.secret", verdict: no });
    expect([...over]).toEqual([forks[1]]);
  });

  test("a subscribed name is checked only when the subscription begins", async () => {
    const asked: string[] = [];
    const gate = await gateOf({ subscribe: [{ events: ["**"], ask: "1" }] }, [
      answeredPolicy("ask", (_, { name }) => {
        asked.push(name);
        return yes;
      }),
    ]);
    const { scope, send } = stage();
    const deliveries = (
      await bench(gate)
        .compile({ events: ["a", "b"] })
        .accept(scope, {})
    ).open();
    send("b", 1);
    expect((await take(deliveries)).value).toBe(1);
    expect(asked).toEqual(["a", "b"]);
  });

  test("S7.4 a rule that reads the params is checked only for each event with its payload", async () => {
    const inputs: PolicyInput[] = [];
    const gate = await gateOf({ subscribe: [{ events: ["a"], ask: "1" }] }, [
      answeredPolicy(
        "ask",
        (_, input) => {
          inputs.push(input);
          return input.params === "mine" ? yes : no;
        },
        { readsParams: true },
      ),
    ]);
    const { scope, send, forks } = stage();
    const deliveries = (
      await bench(gate)
        .compile({ events: ["a"] })
        .accept(scope, {})
    ).open();
    expect(inputs).toEqual([]);
    for (const payload of ["yours", "mine", "mine"]) send("a", payload);
    expect([(await take(deliveries)).value, (await take(deliveries)).value]).toEqual(["mine", "mine"]);
    expect(inputs.map(({ params }) => params)).toEqual(["yours", "mine", "mine"]);
    expect(inputs.map((input) => input.scope)).toEqual(forks);
  });

  test.each(["request", "never"] as const)(
    "S7.6 a verdict that is cached %s holds for one event, which is one request",
    async (cache) => {
      let asked = 0;
      const gate = await gateOf({ subscribe: [{ events: ["a"], ask: "1" }] }, [
        answeredPolicy(
          "ask",
          () => {
            asked++;
            return asked === 2 ? no : yes;
          },
          { cache },
        ),
      ]);
      const { scope, send } = stage();
      const deliveries = (
        await bench(gate)
          .compile({ events: ["a"] })
          .accept(scope, {})
      ).open();
      send("a", "denied");
      send("a", "allowed");
      expect((await take(deliveries)).value).toBe("allowed");
      expect(asked).toBe(3);
    },
  );

  test("a denial is checked again, because it can be caused by a failure", async () => {
    let fails = true;
    const gate = await gateOf({ subscribe: [{ events: ["a.b"], ask: "1" }] }, [
      answeredPolicy("ask", (_, { name }) => {
        if (name === "a.b" && fails) throw new Error("not now");
        return yes;
      }),
    ]);
    const { scope, send } = stage();
    const deliveries = (
      await bench(gate)
        .compile({ events: ["a.*"] })
        .accept(scope, {})
    ).open();
    send("a.b", "lost");
    send("a.c", 0);
    await take(deliveries);
    fails = false;
    send("a.b", "there");
    expect((await take(deliveries)).value).toBe("there");
  });
});

describe("how a subscription ends", () => {
  test("by `return`, also while it waits for an event", async () => {
    const { scope, hub } = stage();
    const deliveries = (
      await bench()
        .compile({ events: ["a"] })
        .accept(scope, {})
    ).open();
    const waiting = deliveries.next();
    expect(hub.size).toBe(1);
    await deliveries.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await deliveries.next()).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
  });

  test("by the scope's signal", async () => {
    const { scope, hub, end } = stage();
    const deliveries = (
      await bench()
        .compile({ events: ["a"] })
        .accept(scope, {})
    ).open();
    const waiting = deliveries.next();
    end();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
  });

  test.each(["return", "signal"])(
    "by %s while an event is mapped: it is not handed out, and its scope ends",
    async (how) => {
      const { scope, send, end, forks, over } = stage();
      const { compile, sandbox } = bench();
      const dispatched = Promise.withResolvers<void>();
      const go = Promise.withResolvers<string>();
      const map = sandbox.text(() => {
        dispatched.resolve();
        return go.promise;
      });
      const deliveries = (await compile({ events: ["a"], map }).accept(scope, {})).open();
      const waiting = deliveries.next();
      send("a");
      await dispatched.promise;
      const returned = how === "return" ? deliveries.return?.() : end();
      go.resolve("too late");
      await returned;
      expect(await waiting).toEqual({ done: true, value: undefined });
      expect([...over]).toEqual(forks);
      expect(forks).toHaveLength(1);
    },
  );

  test("a slow consumer ends with SLOW_CONSUMER", async () => {
    const { scope, send, hub } = stage();
    const deliveries = (
      await bench()
        .compile({ events: ["a"] })
        .accept(scope, {})
    ).open();
    for (let index = 0; index <= 1_000; index++) send("a", index);
    await expect(deliveries.next()).rejects.toMatchObject({ code: "SLOW_CONSUMER" });
    expect(await deliveries.next()).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
  });
});
