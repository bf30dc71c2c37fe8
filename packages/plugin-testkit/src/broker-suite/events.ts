import type { Broker, PublishRequest } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { recorder } from "../recorder.ts";
import { callScope } from "../scopes.ts";
import type { TestService } from "../service.ts";
import { type BrokerSuite, started } from "./driver.ts";

const publish = (broker: Broker, event: string, params: unknown, rest: Partial<PublishRequest> = {}) =>
  broker.publish?.(callScope(), { event, params, broadcast: false, ...rest });

/** Tests the events that gateways send and receive (S13). */
export function eventSuite(suite: BrokerSuite): void {
  describe("events", () => {
    testDelivery(suite);
    testPatterns(suite);
  });
}

function testDelivery(suite: BrokerSuite): void {
  test("events go to one node of each group, broadcasts to every node of the groups", async (context) => {
    const received = recorder<string>("event");
    const listener = (name: string): TestService => ({
      name,
      events: {
        "player.*": ({ event, payload, node }) =>
          received.push(`${event} ${name}@${node} ${String(payload)}`),
      },
    });
    const { broker, join, changes } = await started(suite, context, listener("mail"));
    await join("n2", [listener("mail"), listener("log")]);
    await changes.waitFor((line) => line === "up log@n2");
    const receivedOf = async (event: string, lines: number) => {
      const fitting = () => received.items.filter((line) => line.startsWith(event));
      await received.waitFor(() => fitting().length >= lines);
      return fitting().map((line) => line.split(" ")[1]);
    };

    await publish(broker, "player.emitted", 1);
    expect((await receivedOf("player.emitted", 2)).map((who) => who?.split("@")[0]).sort()).toEqual([
      "log",
      "mail",
    ]);
    await publish(broker, "player.broadcast", 2, { broadcast: true });
    expect((await receivedOf("player.broadcast", 3)).sort()).toEqual(["log@n2", "mail@n1", "mail@n2"]);
    await publish(broker, "player.grouped", 3, { groups: ["log"] });
    expect(await receivedOf("player.grouped", 1)).toEqual(["log@n2"]);
  });

  test("a gateway gets each event that it subscribed to once, and no internal event", async (context) => {
    const { broker, node, events } = await started(suite, context, {
      name: "player",
      events: { "**": () => undefined },
    });
    broker.events?.(["player.**"]);
    await node.send("$internal", 0, false);
    await node.send("player.emitted", { id: 1 }, false);
    await node.send("player.sent.all", [2], true);
    await node.send("player.last", null, true);
    await events.waitFor(({ event }) => event === "player.last");
    expect(events.items.filter(({ event }) => event !== "player.last")).toMatchObject([
      { event: "player.emitted", payload: { id: 1 }, node: "n1", broadcast: false },
      { event: "player.sent.all", payload: [2], node: "n1", broadcast: true },
    ]);
  });
}

function testPatterns(suite: BrokerSuite): void {
  test("a pattern or an internal name is not published (S6.5)", async (context) => {
    const { broker } = await started(suite, context);
    for (const event of ["*".repeat(60), "player.*", "$node.connected", "", "a".repeat(257)])
      await expect(publish(broker, event, 1)).rejects.toMatchObject({ code: "EVENT_NAME_INVALID" });
  });

  test("a listener with sixty stars does not block publishers", async (context) => {
    const received = recorder<string>("event");
    const { broker } = await started(suite, context, {
      name: "hostile",
      events: {
        [`${"*".repeat(60)}x`]: () => undefined,
        [`${"*a".repeat(30)}x`]: () => undefined,
        "(((": () => undefined,
        "player.updated": ({ event }) => received.push(event),
      },
    });
    await publish(broker, `${"a".repeat(200)}y`, 1);
    await publish(broker, "player.updated", 2);
    await received.waitFor((event) => event === "player.updated");
  });
}
