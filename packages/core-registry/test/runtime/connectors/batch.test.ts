import {
  contextOf,
  directoryOf,
  knownFunctions,
  memoryBroker,
  type TestHandler,
} from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { CallConfig, ConnectorOptions, Sources } from "../../../src/contracts/connector.ts";
import type { Scope } from "../../../src/contracts/scope.ts";
import { resetBatches } from "../../../src/runtime/connectors/batch.ts";
import { createConnectorTable } from "../../../src/runtime/connectors/connector-table.ts";
import { emptyPolicyGate, type PolicyGate } from "../../../src/runtime/connectors/policy-gate.ts";
import { collector, getOptions, graphqlSources, origin, scopeOf } from "./kit.ts";
import { answeredPolicy, gateOf } from "./policies.ts";
import { fc } from "./property.ts";

const fieldOptions: ConnectorOptions = {
  jsonPath: "protocol.GraphQL.resolvers.Query.player",
  implicit: ["args"],
  batching: true,
};

/** A fragment's connectors on a system whose `player.get` answers as the test says. */
async function bench(handler: TestHandler, parts: { gate?: PolicyGate; entriesLimit?: number } = {}) {
  const bus = memoryBroker();
  bus.node("n1").publish({ name: "player", actions: { get: handler } });
  await bus.broker.start({
    serviceUp: () => undefined,
    serviceDown: () => undefined,
    event: () => undefined,
  });
  const sandbox = knownFunctions();
  const { findings, addFinding } = collector();
  const reports = collector();
  const table = createConnectorTable({
    origin,
    sandbox,
    gate: parts.gate ?? emptyPolicyGate,
    contexts: ["auth", "user"],
    sources: graphqlSources,
    addFinding,
    reportRuntime: reports.addFinding,
    console: () => undefined,
    ...(parts.entriesLimit === undefined ? {} : { batching: { entriesLimit: parts.entriesLimit } }),
  });
  const directory = directoryOf(bus.broker, { "player.get": {} });
  const field = (call: Omit<CallConfig, "action">) => {
    const connector = table.compile({ call: { action: "player.get", ...call } }, fieldOptions);
    if (connector === undefined) throw new Error(JSON.stringify(findings));
    return connector;
  };
  const scope = (more: Partial<Scope> = {}): Scope => scopeOf(directory, more);
  const sent = (): unknown[] => bus.calls.map(({ params, batch }) => [batch, params]);
  return { bus, sandbox, table, findings, reports: reports.findings, field, scope, sent };
}

/** Answers one entry or a batch of `id`, as actions that can be called both ways do. */
const each =
  (one: (id: unknown) => unknown): TestHandler =>
  ({ params: { id } }) =>
    Array.isArray(id) ? id.map(one) : one(id);

const byArg = { params: { id: "@args.id[]" } };
const args = (id: unknown): Sources => ({ args: { id } });

describe("S5.4 batches", () => {
  test("viewer, one, two and three are one call; a failed entry fails one field", async () => {
    const { field, scope, sent } = await bench(
      each((id) =>
        id === "3"
          ? {
              isBatchError: true,
              message: "No such player.",
              code: 404,
              type: "PLAYER_UNKNOWN",
              data: { id },
            }
          : { id, email: `${id}@example.org` },
      ),
    );
    const later = Promise.withResolvers<void>();
    const context = { ...contextOf({ user: { player: { id: "9" } } }), prepare: () => later.promise };
    const request = scope({ context });
    const viewer = field({ params: { id: "@context.user.player.id[]" } });
    const player = field(byArg);
    const fields = [
      viewer.run(request, { args: {} }),
      player.run(request, args("1")),
      player.run(request, args("2")),
      player.run(request, args("3")),
    ];
    // The context of the viewer takes its time.
    setImmediate(later.resolve);
    expect(await Promise.allSettled(fields)).toMatchObject([
      { status: "fulfilled", value: { id: "9", email: "9@example.org" } },
      { status: "fulfilled", value: { id: "1" } },
      { status: "fulfilled", value: { id: "2" } },
      {
        status: "rejected",
        reason: {
          code: "SERVICE_ERROR",
          status: 404,
          message: "No such player.",
          details: { serviceCode: "PLAYER_UNKNOWN", data: { id: "3" } },
        },
      },
    ]);
    expect(sent()).toEqual([[4, { id: ["1", "2", "3", "9"] }]]);
  });

  test("ten fields with an `if` and a policy that take different times are one call", async () => {
    const waits: PromiseWithResolvers<void>[] = [];
    const wait = (): Promise<void> => {
      const one = Promise.withResolvers<void>();
      waits.push(one);
      return one.promise;
    };
    const gate = await gateOf({ call: [{ actions: ["player.*"], ask: "1" }] }, [
      answeredPolicy("ask", () => wait().then(() => ({ allowed: true }))),
    ]);
    const { field, scope, sandbox, sent } = await bench(
      each((id) => `player ${id}`),
      { gate },
    );
    const go = sandbox.text(() => wait().then(() => true), { reads: [] });
    const connector = field({ ...byArg, if: go });
    const request = scope();
    const fields = Array.from({ length: 10 }, (_, id) => connector.run(request, args(id)));
    // One after another, each in an event of its own: an `if`, then its policy.
    for (let decided = 0; decided < 20; decided++) {
      expect(sent()).toEqual([]);
      waits.shift()?.resolve();
      await new Promise(setImmediate);
    }
    expect(await Promise.all(fields)).toEqual(Array.from({ length: 10 }, (_, id) => `player ${id}`));
    expect(sent()).toHaveLength(1);
  });

  test("a field whose params are ready in the same turn of the event loop joins the batch", async () => {
    const { field, scope, sent } = await bench(each((id) => id));
    const connector = field(byArg);
    const request = scope();
    const late = async (promises: number): Promise<unknown> => {
      for (let count = 0; count < promises; count++) await undefined;
      return connector.run(request, args(promises));
    };
    expect(await Promise.all([0, 1, 10, 100].map(late))).toEqual([0, 1, 10, 100]);
    expect(sent()).toEqual([[4, { id: [0, 1, 10, 100] }]]);
  });

  test("duplicates are called once in a request, also after the response to the first", async () => {
    const { field, scope, sent } = await bench(each((id) => ({ id })));
    const connector = field(byArg);
    const request = scope();
    const run = (...ids: unknown[]) => Promise.all(ids.map((id) => connector.run(request, args(id))));
    expect(await run(1, 2, 1, 1)).toEqual([{ id: 1 }, { id: 2 }, { id: 1 }, { id: 1 }]);
    expect(await run(2, 3)).toEqual([{ id: 2 }, { id: 3 }]);
    expect(await run(3)).toEqual([{ id: 3 }]);
    await connector.run(scope(), args(1));
    expect(sent()).toEqual([
      [2, { id: [1, 2] }],
      [1, { id: [3] }],
      [1, { id: [1] }],
    ]);
  });

  test("each serial mutation field has a batch of its own, and uses no earlier result", async () => {
    const { field, scope, sent } = await bench(each((id) => id));
    const connector = field(byArg);
    const request = scope();
    for (const id of [1, 1]) {
      resetBatches(request);
      await Promise.all([connector.run(request, args(id)), connector.run(request, args(id))]);
    }
    expect(sent()).toEqual([
      [1, { id: [1] }],
      [1, { id: [1] }],
    ]);
  });

  test("each delivered event has batches of its own: its scope is a fork", async () => {
    const { field, scope, sent } = await bench(each((id) => id));
    const connector = field(byArg);
    const request = scope();
    const events = [request.fork({}), request.fork({})];
    await Promise.all(events.flatMap((event) => [1, 2].map((id) => connector.run(event, args(id)))));
    expect(sent()).toEqual([
      [2, { id: [1, 2] }],
      [2, { id: [1, 2] }],
    ]);
  });

  test("all `[]` params are the key, and are sent as parallel arrays; an absent value is null", async () => {
    const { field, scope, sent } = await bench(({ params }) =>
      (params.id as unknown[]).map((id, index) => `${id} ${(params.lang as unknown[])[index]}`),
    );
    const connector = field({ params: { lang: "@args.lang[]", id: "@args.id[]", full: true } });
    const request = scope();
    const run = (id: unknown, lang?: unknown) => connector.run(request, { args: { id, lang } });
    expect(await Promise.all([run(1, "en"), run(1, "ko"), run(1), run(1, "en")])).toEqual([
      "1 en",
      "1 ko",
      "1 null",
      "1 en",
    ]);
    expect(sent()).toEqual([[3, { full: true, id: [1, 1, 1], lang: ["en", "ko", null] }]]);
  });

  test("different common or `[]` params are different calls, in whatever order of members", async () => {
    const { field, scope, sent } = await bench(({ params }) =>
      (params.id as unknown[]).map(() => params.kind),
    );
    const request = scope();
    const run = (params: Record<string, string>, kind: string) =>
      field({ params }).run(request, { args: { id: kind, kind, x: 1 } });
    await Promise.all([
      run({ id: "@args.id[]", kind: "@args.kind", x: "@args.x" }, "a"),
      run({ x: "@args.x", kind: "@args.kind", id: "@args.id[]" }, "a"),
      run({ id: "@args.id[]", kind: "@args.kind", x: "@args.x" }, "b"),
      run({ id: "@args.id[]", kind: "@args.kind", x: "@args.x[]" }, "a"),
    ]);
    expect(sent()).toEqual([
      [1, { kind: "a", x: 1, id: ["a"] }],
      [1, { kind: "b", x: 1, id: ["b"] }],
      [1, { kind: "a", id: ["a"], x: [1] }],
    ]);
  });

  test("an entry without any `[]` value is null, without a call; an explicit null is sent", async () => {
    const { field, scope, sent } = await bench(each((id) => `player ${id}`));
    const connector = field({ params: { id: "@args.id[]", a: 1 } });
    const request = scope();
    expect(await connector.run(request, { args: {} })).toBe(null);
    expect(sent()).toEqual([]);
    expect(await connector.run(request, args(null))).toBe("player null");
    expect(sent()).toEqual([[1, { a: 1, id: [null] }]]);
  });

  test("one call has at most 100 entries", async () => {
    const { field, scope, sent } = await bench(each((id) => id));
    const connector = field(byArg);
    const request = scope();
    const ids = Array.from({ length: 250 }, (_, id) => id);
    expect(await Promise.all([...ids, ...ids].map((id) => connector.run(request, args(id))))).toEqual([
      ...ids,
      ...ids,
    ]);
    expect(sent()).toEqual([
      [100, { id: ids.slice(0, 100) }],
      [100, { id: ids.slice(100, 200) }],
      [50, { id: ids.slice(200) }],
    ]);
  });

  test("`batchedParams` lists them too, also implicit params", async () => {
    const { bus, scope, sent, table, field } = await bench(each((id) => id));
    const connector = field({ batchedParams: ["id"] });
    const request = scope({
      directory: directoryOf(bus.broker, { "player.get": { params: { properties: { id: {} } } } }),
    });
    expect(await Promise.all([1, 2].map((id) => connector.run(request, args(id))))).toEqual([1, 2]);
    expect(sent()).toEqual([[2, { id: [1, 2] }]]);
    expect(connector.description).toMatchObject({ batchedParams: ["id"] });
    expect(
      table.compile(
        { call: { action: "a.b", params: { id: "@args.id" }, batchedParams: ["id"] } },
        fieldOptions,
      )?.description,
    ).toMatchObject({ params: { id: "@args.id" }, batchedParams: ["id"] });
  });

  test("`map` runs for each entry, with its params and its result", async () => {
    const { field, scope, sandbox } = await bench(each((id) => ({ name: `player ${id}` })));
    const map = sandbox.text(
      ({ request, response }: { request: { params: { id: number } }; response: { name: string } }) =>
        `${request.params.id}: ${response.name}`,
    );
    const connector = field({ ...byArg, map });
    const request = scope();
    expect(await Promise.all([1, 2, 1].map((id) => connector.run(request, args(id))))).toEqual([
      "1: player 1",
      "2: player 2",
      "1: player 1",
    ]);
  });

  test("`map` that fails for an entry fails that field alone", async () => {
    const { field, scope, sandbox } = await bench(each((id) => id));
    const map = sandbox.text(({ response }: { response: number }) => {
      if (response === 2) throw new Error("no");
      return "mapped";
    });
    const connector = field({ ...byArg, map });
    const request = scope();
    expect(await Promise.allSettled([1, 2].map((id) => connector.run(request, args(id))))).toMatchObject([
      { value: "mapped" },
      { reason: { code: "FUNCTION_THREW" } },
    ]);
  });

  test("a param that JSON cannot represent is sent unchanged, and equals no other", async () => {
    const got: unknown[] = [];
    const { field, scope, sent } = await bench(({ params }) => {
      got.push(...(params.id as unknown[]));
      return [1, 2];
    });
    const connector = field(byArg);
    const request = scope();
    const file = { createReadStream: () => undefined };
    await Promise.all([file, file].map((id) => connector.run(request, args(id))));
    expect(got).toEqual([file, file]);
    expect(sent()).toHaveLength(1);
  });
});

describe("S5.4 policies and batches", () => {
  test("check each entry by itself, before the call; a denied entry fails alone", async () => {
    const asked: unknown[] = [];
    const gate = await gateOf({ call: [{ actions: ["player.get"], ask: "1" }] }, [
      answeredPolicy("ask", async (_, { params }) => {
        asked.push(params);
        return { allowed: (params as { id: number }).id !== 2 };
      }),
    ]);
    const { field, scope, sent } = await bench(
      each((id) => id),
      { gate },
    );
    const connector = field(byArg);
    const request = scope();
    expect(await Promise.allSettled([1, 2, 3].map((id) => connector.run(request, args(id))))).toMatchObject([
      { value: 1 },
      { reason: { code: "UNAUTHENTICATED" } },
      { value: 3 },
    ]);
    expect(asked).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(sent()).toEqual([[2, { id: [1, 3] }]]);
  });

  test("where all entries are denied, or every `if` is falsy, nothing is called", async () => {
    const gate = await gateOf({ call: [{ actions: ["player.get"], ask: "1" }] }, [
      answeredPolicy("ask", () => ({ allowed: false })),
    ]);
    const { field, scope, sandbox, sent } = await bench(
      each((id) => id),
      { gate },
    );
    const request = scope();
    await expect(field(byArg).run(request, args(1))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const never = sandbox.text(() => false);
    expect(await field({ ...byArg, if: never }).run(request, args(1))).toBe(null);
    await new Promise(setImmediate);
    expect(sent()).toEqual([]);
  });

  test("the rules of the action's owner check each entry too", async () => {
    const seen: unknown[] = [];
    const { bus, table, scope } = await bench(each((id) => id));
    bus.node("n1").publish({ name: "team", actions: { get: each((id) => id) } });
    const connector = table.compile({ call: { action: "team.get", ...byArg } }, fieldOptions);
    const request = scope({
      directory: directoryOf(bus.broker, { "team.get": {} }),
      rules: { ownerRules: () => ({ check: (params) => void seen.push(params) as undefined }) },
    });
    await Promise.all([1, 2].map((id) => connector?.run(request, args(id))));
    expect(seen).toEqual([{ id: 1 }, { id: 2 }]);
    expect(bus.calls).toMatchObject([{ params: { id: [1, 2] } }]);
  });

  test("a param that cannot be cast fails its field alone", async () => {
    const { field, scope, sent } = await bench(each((id) => id));
    const connector = field({ params: { id: "@args.id:number[]" } });
    const request = scope();
    expect(await Promise.allSettled(["1", "x"].map((id) => connector.run(request, args(id))))).toMatchObject([
      { value: 1 },
      { reason: { code: "BAD_USER_INPUT" } },
    ]);
    expect(sent()).toEqual([[1, { id: [1] }]]);
  });
});

describe("S5.4 answers", () => {
  test.each([
    [[1], "a list of 1"],
    [[1, 2, 3], "a list of 3"],
    [{ 0: 1, 1: 2, length: 2 }, "an object"],
    [null, "nothing"],
    ["12", "a string"],
  ])(
    "the answer %j to two entries fails both, with a message for client and developer",
    async (answer, found) => {
      const { field, scope, reports } = await bench(() => answer);
      const connector = field(byArg);
      const request = scope();
      const settled = await Promise.allSettled([1, 2].map((id) => connector.run(request, args(id))));
      const message = `player.get must return a list of 2 items for a batch of 2, but it returned ${found}.`;
      expect(settled).toMatchObject([
        { reason: { code: "REPLY_INVALID", message } },
        { reason: { code: "REPLY_INVALID", message } },
      ]);
      expect(reports).toEqual([
        {
          severity: "error",
          code: "REPLY_INVALID",
          jsonPath: `${fieldOptions.jsonPath}.call.action`,
          message,
          requestId: request.correlation.requestId,
        },
      ]);
    },
  );

  test("an error of the call fails all its entries, and no other batch", async () => {
    const { field, scope } = await bench(({ params }) => {
      if (params.kind === "bad") throw new Error("broken");
      return params.id;
    });
    const connector = field({ params: { id: "@args.id[]", kind: "@args.kind" } });
    const request = scope();
    const run = (id: number, kind: string) => connector.run(request, { args: { id, kind } });
    expect(await Promise.allSettled([run(1, "bad"), run(2, "bad"), run(3, "good")])).toMatchObject([
      { reason: { code: "SERVICE_ERROR", message: "broken" } },
      { reason: { code: "SERVICE_ERROR" } },
      { value: 3 },
    ]);
  });

  test("`batchingError: true` means the same; a code outside of 400 to 599 is no status", async () => {
    const { field, scope } = await bench(each(() => ({ batchingError: true, code: "GONE" })));
    await expect(field(byArg).run(scope(), args(1))).rejects.toMatchObject({
      code: "SERVICE_ERROR",
      status: 500,
      message: "player.get failed for this entry.",
      details: { serviceCode: "GONE" },
    });
    const odd = await bench(each(() => ({ isBatchError: true, code: 200, message: "" })));
    await expect(odd.field(byArg).run(odd.scope(), args(1))).rejects.toMatchObject({ status: 500 });
    const fine = await bench(each(() => ({ isBatchError: "true" })));
    expect(await fine.field(byArg).run(fine.scope(), args(1))).toEqual({ isBatchError: "true" });
  });

  test("an unavailable action answers 503 to each entry", async () => {
    const { bus, field, scope } = await bench(each((id) => id));
    const request = scope({ directory: directoryOf(bus.broker, {}) });
    await expect(field(byArg).run(request, args(1))).rejects.toMatchObject({
      code: "ACTION_UNAVAILABLE",
      status: 503,
    });
  });
});

describe("S5.4 what is refused when the fragment is read", () => {
  test("`[]` and `batchedParams` outside of GraphQL", async () => {
    const { table, findings } = await bench(each((id) => id));
    expect(
      table.compile(
        { call: { action: "a.b", params: { id: "@args.id[]" }, batchedParams: ["id"] } },
        { jsonPath: getOptions.jsonPath },
      ),
    ).toBeUndefined();
    expect(findings.map(({ code, jsonPath }) => [code, jsonPath])).toEqual([
      ["BATCHING_INVALID", "protocol.REST.routes[0].call.params.id"],
      ["BATCHING_INVALID", "protocol.REST.routes[0].call.batchedParams"],
    ]);
  });

  test.each([
    [{ params: { deep: { id: "@args.id[]" } } }, "params.deep.id"],
    [{ params: "@args.id[]" }, "params"],
    [{ params: "@args", batchedParams: ["id"] }, "batchedParams[0]"],
    [{ params: { a: 1 }, batchedParams: ["a", "id"], implicitParams: false }, "batchedParams[1]"],
  ])("%j", async (call, where) => {
    const { table, findings } = await bench(each((id) => id));
    expect(table.compile({ call: { action: "a.b", ...call } }, fieldOptions)).toBeUndefined();
    expect(findings).toMatchObject([
      { code: "BATCHING_INVALID", jsonPath: `${fieldOptions.jsonPath}.call.${where}` },
    ]);
  });
});

describe("S5.4 any mix of entries", () => {
  interface Entry {
    readonly id: number | null | undefined;
    readonly kind: "a" | "b";
    readonly met: boolean;
    /** How many events its `if` takes. */
    readonly turns: number;
  }
  const anyEntry: fc.Arbitrary<Entry> = fc.record({
    id: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }) }, fc.constantFrom(null, undefined)),
    kind: fc.constantFrom("a", "b"),
    met: fc.boolean(),
    turns: fc.integer({ min: 0, max: 3 }),
  });

  const denied = 3;
  const failing = 5;
  const isAsked = ({ id, met }: Entry): boolean => met && id !== undefined && id !== denied;
  const alone = (entry: Entry): unknown => {
    if (!entry.met) return { status: "fulfilled", value: null };
    if (entry.id === denied) return { status: "rejected", reason: { code: "UNAUTHENTICATED" } };
    if (entry.id === failing)
      return { status: "rejected", reason: { code: "SERVICE_ERROR", message: "five" } };
    return { status: "fulfilled", value: entry.id === undefined ? null : `${entry.kind} ${entry.id}` };
  };
  const pause = async (turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  };

  const holds = async (entries: readonly Entry[], entriesLimit: number): Promise<void> => {
    const gate = await gateOf({ call: [{ actions: ["**"], ask: "1" }] }, [
      answeredPolicy("ask", async (_, { params }) => {
        const id = Number((params as { id?: unknown }).id ?? 0);
        await pause(id % 3);
        return { allowed: id !== denied };
      }),
    ]);
    const { field, scope, sandbox, bus } = await bench(
      ({ params: { id, kind } }) =>
        (id as unknown[]).map((one) =>
          one === failing ? { isBatchError: true, message: "five" } : `${kind} ${one}`,
        ),
      { gate, entriesLimit },
    );
    const met = sandbox.text(async ({ args: { n } }: { args: { n: number } }) => {
      await pause(entries[n]?.turns ?? 0);
      return entries[n]?.met;
    });
    const connector = field({ params: { id: "@args.id[]", kind: "@args.kind" }, if: met });
    const request = scope();
    const settled = await Promise.allSettled(
      entries.map(({ id, kind }, n) => connector.run(request, { args: { id, kind, n } })),
    );
    expect(settled).toMatchObject(entries.map(alone));

    const calls = (["a", "b"] as const).map((kind) => {
      const ids = entries.filter((entry) => entry.kind === kind && isAsked(entry)).map(({ id }) => id);
      return Math.ceil(new Set(ids).size / entriesLimit);
    });
    expect(bus.calls).toHaveLength((calls[0] ?? 0) + (calls[1] ?? 0));
    for (const { batch = 0, params } of bus.calls) {
      expect(batch).toBeLessThanOrEqual(entriesLimit);
      expect((params as { id: unknown[] }).id).toHaveLength(batch);
    }
  };

  test("has the results of single calls, in the minimum number of calls", async () => {
    const mixes = fc.tuple(fc.array(anyEntry, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }));
    await fc.assert(
      fc.asyncProperty(mixes, ([entries, entriesLimit]) => holds(entries, entriesLimit)),
      { numRuns: 200, seed: 20261121 },
    );
  });
});
