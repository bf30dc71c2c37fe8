import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Broker, CallRequest, CallScope } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { type Recorder, recorder } from "../recorder.ts";
import { callScope, contextOf } from "../scopes.ts";
import { serviceError, type TestCall, type TestService } from "../service.ts";
import { type BrokerSuite, started } from "./driver.ts";

const call = (
  broker: Broker,
  action: string,
  rest: Partial<CallRequest> = {},
  scope: Partial<CallScope> = {},
) => broker.call(callScope(scope), { action, params: {}, ...rest });

const where: TestService = { name: "where", actions: { am: ({ node }) => node } };

/** The service of the action `slow.wait`, which records its calls and never answers. */
const slowService = (calls: Recorder<TestCall>): TestService => ({
  name: "slow",
  actions: {
    wait: (received) => {
      calls.push(received);
      return new Promise(() => 0);
    },
  },
});

/** Tests calls, their errors, their limits and the choice of nodes (S13). */
export function callSuite(suite: BrokerSuite): void {
  describe("call", () => {
    testParams(suite);
    testErrors(suite);
    testLimits(suite);
    testNodes(suite);
  });
}

function testParams(suite: BrokerSuite): void {
  test("sends params with branch and deadline, and returns the answer (S13.4)", async (context) => {
    const calls = recorder<TestCall>("call");
    const { broker } = await started(suite, context, {
      name: "echo",
      actions: {
        say: (received) => {
          calls.push(received);
          return received.params;
        },
        nothing: () => null,
      },
    });
    const params = { text: "å", list: [1, { deep: true }], none: null };
    const deadline = Date.now() + 60_000;
    const scope = { branch: "dev", deadline, context: contextOf({ id: "request-1" }) };
    expect(await call(broker, "echo.say", { params }, scope)).toEqual(params);
    expect(calls.items[0]).toMatchObject({ params, meta: { branch: "dev", deadline } });
    expect(await call(broker, "echo.nothing")).toBeNull();
  });

  test("params that are a file are sent as a stream with metadata (S8)", async (context) => {
    const { broker } = await started(suite, context, {
      name: "file",
      actions: {
        upload: async ({ params, stream }) => ({
          name: params.filename,
          type: params.mimetype,
          body: stream && (await text(stream)),
        }),
        download: () => Readable.from([Buffer.from("as "), Buffer.from("bytes")], { objectMode: false }),
      },
    });
    const file = {
      filename: "a.txt",
      mimetype: "text/plain",
      createReadStream: () =>
        Readable.from([Buffer.from("hello "), Buffer.from("there")], { objectMode: false }),
    };
    expect(await call(broker, "file.upload", { params: file })).toEqual({
      name: "a.txt",
      type: "text/plain",
      body: "hello there",
    });
    const stream = await call(broker, "file.download");
    expect(stream).toBeInstanceOf(Readable);
    expect(stream instanceof Readable && (await text(stream))).toBe("as bytes");
  });
}

function testErrors(suite: BrokerSuite): void {
  test("a service's own error keeps its message, code, type and data (S12.5)", async (context) => {
    const { broker } = await started(suite, context, {
      name: "player",
      actions: {
        get: () => {
          throw serviceError("Gone", { code: 410, type: "PLAYER_RETIRED", data: { since: 2020 } });
        },
        odd: () => {
          throw serviceError("Odd", { code: 42 });
        },
      },
    });
    await expect(call(broker, "player.get")).rejects.toMatchObject({
      code: "SERVICE_ERROR",
      message: "Gone",
      status: 410,
      details: { serviceCode: "PLAYER_RETIRED", data: { since: 2020 } },
    });
    await expect(call(broker, "player.odd")).rejects.toMatchObject({ code: "SERVICE_ERROR", status: 500 });
  });

  test("an unknown action is unavailable, and not dispatched", async (context) => {
    const { broker } = await started(suite, context, where);
    for (const action of ["unknown.action", "where.not", "__proto__.toString", "constructor"])
      await expect(call(broker, action)).rejects.toMatchObject({
        code: "ACTION_UNAVAILABLE",
        details: { dispatched: false },
      });
  });
}

function testLimits(suite: BrokerSuite): void {
  test("a call without an answer ends with its timeout, dispatched", async (context) => {
    const { broker } = await started(suite, context, {
      name: "slow",
      actions: { wait: () => new Promise(() => 0) },
    });
    await expect(call(broker, "slow.wait", { timeout: 30 })).rejects.toMatchObject({
      code: "CALL_TIMEOUT",
      details: { dispatched: true },
    });
  });

  test("the deadline limits the timeout; after the deadline nothing is sent", async (context) => {
    const calls = recorder<TestCall>("call");
    const { broker } = await started(suite, context, slowService(calls));
    await expect(call(broker, "slow.wait", {}, { deadline: Date.now() - 1 })).rejects.toMatchObject({
      code: "CALL_TIMEOUT",
      details: { dispatched: false },
    });
    expect(calls.items).toEqual([]);
    await expect(
      call(broker, "slow.wait", { timeout: 60_000 }, { deadline: Date.now() + 50 }),
    ).rejects.toMatchObject({ code: "CALL_TIMEOUT" });
  });

  test("a disconnecting client cancels the call; after that nothing is sent", async (context) => {
    const calls = recorder<TestCall>("call");
    const { broker } = await started(suite, context, slowService(calls));
    const client = new AbortController();
    const failed = call(broker, "slow.wait", {}, { signal: client.signal });
    const expected = expect(failed).rejects.toMatchObject({
      code: "CANCELLED",
      details: { dispatched: true },
    });
    await calls.waitFor();
    client.abort();
    await expected;
    await expect(call(broker, "slow.wait", {}, { signal: client.signal })).rejects.toMatchObject({
      code: "CANCELLED",
      details: { dispatched: false },
    });
    expect(calls.items).toHaveLength(1);
  });
}

function testNodes(suite: BrokerSuite): void {
  test("is balanced over the nodes, or over the given ones (S9.7)", async (context) => {
    const { broker, join, changes } = await started(suite, context, where);
    for (const id of ["n2", "n3"]) {
      await join(id, [where]);
      await changes.waitFor((line) => line === `up where@${id}`);
    }
    const ask = async (nodes?: readonly string[]) => {
      const answers: unknown[] = [];
      for (let index = 0; index < 12; index++)
        answers.push(await call(broker, "where.am", nodes === undefined ? {} : { nodes }));
      return new Set(answers);
    };
    expect(await ask()).toEqual(new Set(["n1", "n2", "n3"]));
    expect(await ask(["n3", "n1"])).toEqual(new Set(["n1", "n3"]));
    expect(await ask(["n2"])).toEqual(new Set(["n2"]));
    for (const nodes of [["n9"], []])
      await expect(call(broker, "where.am", { nodes })).rejects.toMatchObject({
        code: "ACTION_UNAVAILABLE",
        details: { dispatched: false },
      });
  });

  test("a call whose node crashes is unavailable, dispatched", async (context) => {
    const calls = recorder<TestCall>("call");
    const { broker, node } = await started(suite, context, slowService(calls));
    const failed = expect(call(broker, "slow.wait")).rejects.toMatchObject({
      code: "ACTION_UNAVAILABLE",
      details: { dispatched: true },
    });
    await calls.waitFor();
    await node.crash();
    await failed;
  });
}
