import type { Broker, PeerAnswers, Peers } from "@tidegate/core-registry";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { recorder } from "../recorder.ts";
import { callScope } from "../scopes.ts";
import { type BrokerSuite, observe, recordSink, type SinkRecorder } from "./driver.ts";
import { report } from "./reports.ts";

/** Timeout where an answer is expected. */
const longTimeout = 5_000;
/** Timeout where no answer is expected. */
const shortTimeout = 1_000;

/** A started gateway of the system under test. */
interface Gateway extends SinkRecorder {
  readonly broker: Broker;
  readonly peers: Peers;
}

/** Tests the communication between gateways of one system (S9.4). */
export function peerSuite(suite: BrokerSuite): void {
  describe("peers", () => {
    testAnswers(suite);
    testMissingAnswers(suite);
    testAnswerData(suite);
    testSharedServices(suite);
  });
}

function testAnswers(suite: BrokerSuite): void {
  test("every other gateway answers, the asking one does not (S9.4)", async (context) => {
    const all = await gateways(suite, context, [answersAs("a"), answersAs("b"), answersAs("c")]);
    for (const [index, { peers }] of all.entries()) {
      const answers = await peers.ask("who", { from: index }, longTimeout);
      expect(answers.map(({ answer }) => answer).sort(byText)).toEqual(
        ["a", "b", "c"].filter((_, other) => other !== index).map((me) => ({ me, asked: { from: index } })),
      );
      expect(new Set(answers.map(({ node }) => node)).size).toBe(2);
    }
  });

  test("each gateway answers with its own node id", async (context) => {
    const [a, b, c] = await gateways(suite, context, [answersAs("a"), answersAs("b"), answersAs("c")]);
    const nodeOf = async (asker: Gateway | undefined, me: string) =>
      (await asker?.peers.ask("who", null, longTimeout))?.find(({ answer }) => Object(answer).me === me)
        ?.node;
    expect(await nodeOf(a, "c")).toBe(await nodeOf(b, "c"));
    expect(await nodeOf(a, "b")).toBe(await nodeOf(c, "b"));
    expect(await nodeOf(a, "b")).not.toBe(await nodeOf(a, "c"));
  });

  test("an unknown question returns no answers, whatever its name", async (context) => {
    const [a] = await gateways(suite, context, [answersAs("a"), answersAs("b")]);
    for (const question of ["what", "", "__proto__", "constructor", "toString", "who.", "*"])
      expect(await a?.peers.ask(question, null, longTimeout)).toEqual([]);
  });

  test("an asynchronous answer is awaited", async (context) => {
    const late = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<unknown>();
    const [a] = await gateways(suite, context, [
      answersAs("a"),
      {
        ...answersAs("b"),
        slow: (params) => {
          asked.resolve(params);
          return late.promise;
        },
      },
    ]);
    const answers = a?.peers.ask("slow", { x: 1 }, longTimeout);
    expect(await asked.promise).toEqual({ x: 1 });
    late.resolve("late");
    expect((await answers)?.map(({ answer }) => answer)).toEqual(["late"]);
  });
}

function testMissingAnswers(suite: BrokerSuite): void {
  test("gateways that fail or answer too late are left out (S9.4)", async (context) => {
    const never = Promise.withResolvers<null>();
    context.onTestFinished(() => never.resolve(null));
    const [a] = await gateways(suite, context, [
      answersAs("a"),
      {
        ...answersAs("b"),
        ledger: () => {
          throw new Error("no ledger here");
        },
      },
      { ...answersAs("c"), ledger: () => never.promise },
      { ...answersAs("d"), ledger: () => ({ of: "d" }) },
    ]);
    const answers = await a?.peers.ask("ledger", {}, shortTimeout);
    expect(answers?.map(({ answer }) => answer)).toEqual([{ of: "d" }]);
  });

  test("a stopped gateway is left out; a single gateway gets no answers", async (context) => {
    const [a, b, c] = await gateways(suite, context, [answersAs("a"), answersAs("b"), answersAs("c")]);
    await b?.broker.stop();
    const left = await a?.peers.ask("who", 1, longTimeout);
    expect(left?.map(({ answer }) => answer)).toEqual([{ me: "c", asked: 1 }]);
    await c?.broker.stop();
    expect(await a?.peers.ask("who", 1, shortTimeout)).toEqual([]);
  });

  test("asking before start() and after stop() returns no answers", async (context) => {
    const { broker, sink } = await observe(suite, context);
    if (broker.peers === undefined) return context.skip("the broker has no peers");
    broker.peers.answer(answersAs("a"));
    expect(await broker.peers.ask("who", null, shortTimeout)).toEqual([]);
    await broker.start(sink);
    await broker.stop();
    expect(await broker.peers.ask("who", null, shortTimeout)).toEqual([]);
  });
}

function testAnswerData(suite: BrokerSuite): void {
  test("params and answers of a megabyte arrive complete", async (context) => {
    const ledger = { text: "0123456789abcdef".repeat(65_536), end: "whole" };
    const echo: PeerAnswers = { ledger: () => ledger, size: (params) => JSON.stringify(params).length };
    const [a, b] = await gateways(suite, context, [
      { ...answersAs("a"), ...echo },
      { ...answersAs("b"), ...echo },
    ]);
    for (const asker of [a, b]) {
      const answers = await asker?.peers.ask("ledger", null, longTimeout);
      expect(answers?.map(({ answer }) => JSON.stringify(answer) === JSON.stringify(ledger))).toEqual([true]);
      const sizes = await asker?.peers.ask("size", ledger, longTimeout);
      expect(sizes?.map(({ answer }) => answer)).toEqual([JSON.stringify(ledger).length]);
    }
  });

  test("plain data arrives unchanged, and each question gets its own answers", async (context) => {
    const data = [
      null,
      false,
      0,
      "",
      "Zürich 🏟",
      [],
      {},
      [1, [2, { three: null }]],
      { "a.b": { $c: [true] } },
    ];
    const echo: PeerAnswers = { echo: (params) => JSON.parse(JSON.stringify(params)) };
    const [a] = await gateways(suite, context, [answersAs("a"), { ...answersAs("b"), ...echo }]);
    const answers = await Promise.all(data.map((params) => a?.peers.ask("echo", params, longTimeout)));
    expect(answers.map((got) => got?.map(({ answer }) => answer))).toEqual(data.map((params) => [params]));
  });
}

function testSharedServices(suite: BrokerSuite): void {
  test("every gateway discovers the same services, calls them and reports to them", async (context) => {
    const { all, join } = await gatewaySystem(suite, context, [answersAs("a"), answersAs("b")]);
    const reported = recorder<string>("report");
    await join("n1", [
      {
        name: "player",
        actions: { get: ({ params }) => params.id },
        report: ({ gateway }) => reported.push(gateway),
      },
    ]);
    for (const [id, { changes, broker }] of all.entries()) {
      await changes.waitFor((line) => line === "up player@n1");
      expect(await broker.call(callScope(), { action: "player.get", params: { id } })).toBe(id);
      await broker.report?.("player", "n1", { ...report, gateway: `gateway ${id}` });
      await reported.waitFor((gateway) => gateway === `gateway ${id}`);
    }
  });
}

function answersAs(me: string): PeerAnswers {
  return { who: (asked) => ({ me, asked: JSON.parse(JSON.stringify(asked)) }) };
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/**
 * Creates gateways that have started and discovered each other, one for each set of answers. Every set must
 * answer `who`. Skips the test where the broker or its driver does not support several gateways.
 */
async function gateways(
  suite: BrokerSuite,
  context: TestContext,
  answers: readonly PeerAnswers[],
): Promise<readonly Gateway[]> {
  const { all } = await gatewaySystem(suite, context, answers);
  return all;
}

/** The same, with the function that lets nodes join. */
async function gatewaySystem(suite: BrokerSuite, context: TestContext, answers: readonly PeerAnswers[]) {
  const observed = await observe(suite, context);
  const { broker, sink, changes, services, events, anotherGateway, join } = observed;
  if (broker.peers === undefined) return context.skip("the broker has no peers");
  if (anotherGateway === undefined) return context.skip("the system cannot create a second gateway");
  const all: Gateway[] = [];
  for (const [index, own] of answers.entries()) {
    const recorded = index === 0 ? { sink, changes, services, events } : recordSink();
    const one = index === 0 ? broker : await anotherGateway(`g${index + 1}`);
    context.onTestFinished(() => one.stop());
    const { peers } = one;
    if (peers === undefined) throw new Error("All gateways of a system need peers, or none.");
    peers.answer(own);
    await one.start(recorded.sink);
    all.push({ ...recorded, broker: one, peers });
  }
  for (const { peers } of all)
    await vi.waitFor(
      async () => expect(await peers.ask("who", null, longTimeout)).toHaveLength(answers.length - 1),
      { timeout: 15_000 },
    );
  return { all, join };
}
