import type { Report } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { recorder } from "../recorder.ts";
import { callScope } from "../scopes.ts";
import { type BrokerSuite, observe, started } from "./driver.ts";

/** The report that the tests send. */
export const report: Report = {
  contract: 1,
  gateway: "gateway-1",
  service: "player",
  branch: "master",
  hash: "0".repeat(32),
  occasion: "merge",
  state: "succeeded",
  to: "12345678",
  changes: [],
  findings: [],
  console: [],
  urls: ["/players"],
  table: "player: merged",
};

/** Tests reports (S10), `stop` and `health`. */
export function reportSuite(suite: BrokerSuite): void {
  testReport(suite);
  testStop(suite);
  test("health reports that the broker is up", async (context) => {
    const { broker } = await started(suite, context);
    expect(broker.health?.()?.state ?? "up").toBe("up");
  });
}

function testReport(suite: BrokerSuite): void {
  describe("report", () => {
    test("reaches only its node (S10.1)", async (context) => {
      const got = recorder<string>("report");
      const take = (id: string) => ({
        name: "player",
        report: ({ table }: Report) => got.push(`${id}: ${table}`),
      });
      const { broker, join, changes } = await started(suite, context, take("n1"));
      await join("n2", [take("n2")]);
      await changes.waitFor((line) => line === "up player@n2");
      await broker.report?.("player", "n2", report);
      await got.waitFor();
      expect(got.items).toEqual(["n2: player: merged"]);
    });

    test("resolves where no service receives it (S10.2)", async (context) => {
      const { broker } = await started(suite, context, { name: "silent" });
      await broker.report?.("silent", "n1", report);
      await broker.report?.("silent", "n9", report);
      await broker.report?.("unknown", "n1", report);
    });
  });
}

function testStop(suite: BrokerSuite): void {
  describe("stop", () => {
    test("lets running calls finish, is idempotent, and ends all messages to the sink", async (context) => {
      const dispatched = recorder<true>("call");
      const answer = Promise.withResolvers<string>();
      const { broker, node, changes, events } = await started(suite, context, {
        name: "slow",
        actions: {
          wait: () => {
            dispatched.push(true);
            return answer.promise;
          },
        },
      });
      const waiting = broker.call(callScope(), { action: "slow.wait", params: {} });
      await dispatched.waitFor();
      const stopped = broker.stop();
      answer.resolve("done");
      expect(await waiting).toBe("done");
      await stopped;
      await broker.stop();
      changes.clear();
      events.clear();
      await node.publish({ name: "late" });
      await node.leave();
      expect(changes.items).toEqual([]);
      expect(events.items).toEqual([]);
      await expect(broker.call(callScope(), { action: "slow.wait", params: {} })).rejects.toMatchObject({
        code: "BROKER_UNAVAILABLE",
        details: { dispatched: false },
      });
    });

    test("has no effect before start()", async (context) => {
      const { broker } = await observe(suite, context);
      await broker.stop();
    });
  });
}
