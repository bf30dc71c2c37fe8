import type { Broker, PeerAnswers, Peers } from "@tidegate/core-registry";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { callScope } from "../call-scope.ts";
import { recorder } from "../recorder.ts";
import { type BrokerSuite, observe, type Watch, watch } from "./driver.ts";
import { report } from "./reports.ts";

/** Milliseconds that a peer has for its answer, where it is expected to give one. */
const patience = 5_000;
/** Milliseconds that a peer has for an answer that it never gives. */
const briefly = 1_000;

/** A gateway of the system under test. */
interface Gateway extends Watch {
  /** Its broker, started. */
  readonly broker: Broker;
  /** How it asks the others. */
  readonly peers: Peers;
}

/** S9.4: what gateways of one system say to each other. */
export function peerSuite(suite: BrokerSuite): void {
  describe("peers", () => {
    test("answers come from every other gateway, and not from oneself (S9.4)", async (context) => {
      const all = await gateways(suite, context, [answersAs("a"), answersAs("b"), answersAs("c")]);
      for (const [index, { peers }] of all.entries()) {
        const answers = await peers.ask("who", { from: index }, patience);
        expect(answers.map(({ answer }) => answer).sort(byText)).toEqual(
          ["a", "b", "c"].filter((_, other) => other !== index).map((me) => ({ me, asked: { from: index } })),
        );
        expect(new Set(answers.map(({ node }) => node)).size).toBe(2);
      }
    });

    test("the same gateway answers under the same node, and no other does", async (context) => {
      const [a, b, c] = await gateways(suite, context, [answersAs("a"), answersAs("b"), answersAs("c")]);
      const nodeOf = async (asker: Gateway | undefined, me: string) =>
        (await asker?.peers.ask("who", null, patience))?.find(({ answer }) => Object(answer).me === me)?.node;
      expect(await nodeOf(a, "c")).toBe(await nodeOf(b, "c"));
      expect(await nodeOf(a, "b")).toBe(await nodeOf(c, "b"));
      expect(await nodeOf(a, "b")).not.toBe(await nodeOf(a, "c"));
    });

    test("who fails or does not answer in time is left out, the others count (S9.4)", async (context) => {
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
      const answers = await a?.peers.ask("ledger", {}, briefly);
      expect(answers?.map(({ answer }) => answer)).toEqual([{ of: "d" }]);
    });

    test("who is gone is left out, and asking alone gives nothing", async (context) => {
      const [a, b, c] = await gateways(suite, context, [answersAs("a"), answersAs("b"), answersAs("c")]);
      await b?.broker.stop();
      const left = await a?.peers.ask("who", 1, patience);
      expect(left?.map(({ answer }) => answer)).toEqual([{ me: "c", asked: 1 }]);
      await c?.broker.stop();
      expect(await a?.peers.ask("who", 1, briefly)).toEqual([]);
    });

    test("asking before start() and after stop() gives nothing, and harms nothing", async (context) => {
      const { broker, sink } = await observe(suite, context);
      if (broker.peers === undefined) return context.skip("this broker has no peers");
      broker.peers.answer(answersAs("a"));
      expect(await broker.peers.ask("who", null, briefly)).toEqual([]);
      await broker.start(sink);
      await broker.stop();
      expect(await broker.peers.ask("who", null, briefly)).toEqual([]);
    });

    test("a question that nobody answers gives nothing, whatever its name", async (context) => {
      const [a] = await gateways(suite, context, [answersAs("a"), answersAs("b")]);
      for (const question of ["what", "", "__proto__", "constructor", "toString", "who.", "*"])
        expect(await a?.peers.ask(question, null, patience)).toEqual([]);
    });

    test("answers of a megabyte arrive whole, both ways", async (context) => {
      const ledger = { text: "0123456789abcdef".repeat(65_536), end: "whole" };
      const echo: PeerAnswers = { ledger: () => ledger, size: (params) => JSON.stringify(params).length };
      const [a, b] = await gateways(suite, context, [
        { ...answersAs("a"), ...echo },
        { ...answersAs("b"), ...echo },
      ]);
      for (const asker of [a, b]) {
        const answers = await asker?.peers.ask("ledger", null, patience);
        expect(answers?.map(({ answer }) => JSON.stringify(answer) === JSON.stringify(ledger))).toEqual([
          true,
        ]);
        const sizes = await asker?.peers.ask("size", ledger, patience);
        expect(sizes?.map(({ answer }) => answer)).toEqual([JSON.stringify(ledger).length]);
      }
    });

    test("plain data of every kind travels both ways, and answers are not mixed up", async (context) => {
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
      const answers = await Promise.all(data.map((params) => a?.peers.ask("echo", params, patience)));
      expect(answers.map((got) => got?.map(({ answer }) => answer))).toEqual(data.map((params) => [params]));
    });

    test("a promise's answer is waited for", async (context) => {
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
      const answers = a?.peers.ask("slow", { x: 1 }, patience);
      expect(await asked.promise).toEqual({ x: 1 });
      late.resolve("late");
      expect((await answers)?.map(({ answer }) => answer)).toEqual(["late"]);
    });

    test("every gateway is told of the same services, calls them and reports to them", async (context) => {
      const { all, join } = await system(suite, context, [answersAs("a"), answersAs("b")]);
      const reported = recorder<string>("report");
      await join("n1", [
        {
          name: "player",
          actions: { get: ({ params }) => params.id },
          report: ({ gateway }) => reported.push(gateway),
        },
      ]);
      for (const [id, { told, broker }] of all.entries()) {
        await told.waitFor((line) => line === "up player@n1");
        expect(await broker.call(callScope(), { action: "player.get", params: { id } })).toBe(id);
        await broker.report?.("player", "n1", { ...report, gateway: `gateway ${id}` });
        await reported.waitFor((gateway) => gateway === `gateway ${id}`);
      }
    });
  });
}

function answersAs(me: string): PeerAnswers {
  return { who: (asked) => ({ me, asked: JSON.parse(JSON.stringify(asked)) }) };
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/**
 * Gateways that have started and know each other, each with what it answers; all must answer `who`. Skips the test where
 * the broker or its driver cannot have several.
 */
async function gateways(
  suite: BrokerSuite,
  context: TestContext,
  answers: readonly PeerAnswers[],
): Promise<readonly Gateway[]> {
  const { all } = await system(suite, context, answers);
  return all;
}

/** The same, with what lets nodes join. */
async function system(suite: BrokerSuite, context: TestContext, answers: readonly PeerAnswers[]) {
  const observed = await observe(suite, context);
  const { broker, sink, told, services, events, anotherGateway, join } = observed;
  if (broker.peers === undefined) return context.skip("this broker has no peers");
  if (anotherGateway === undefined) return context.skip("this system makes no second gateway");
  const all: Gateway[] = [];
  for (const [index, own] of answers.entries()) {
    const watched = index === 0 ? { sink, told, services, events } : watch();
    const one = index === 0 ? broker : await anotherGateway(`g${index + 1}`);
    context.onTestFinished(() => one.stop());
    const { peers } = one;
    if (peers === undefined) throw new Error("Every gateway of a system has peers, or none has.");
    peers.answer(own);
    await one.start(watched.sink);
    all.push({ ...watched, broker: one, peers });
  }
  for (const { peers } of all)
    await vi.waitFor(
      async () => expect(await peers.ask("who", null, patience)).toHaveLength(answers.length - 1),
      { timeout: 15_000 },
    );
  return { all, join };
}
