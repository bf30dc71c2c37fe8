import type { Broker, PublishRequest } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { callScope } from "../call-scope.ts";
import { recorder } from "../recorder.ts";
import type { TestService } from "../service.ts";
import { type BrokerSuite, started } from "./driver.ts";

const publish = (broker: Broker, event: string, params: unknown, rest: Partial<PublishRequest> = {}) =>
  broker.publish?.(callScope(), { event, params, broadcast: false, ...rest });

/** S13: events that the gateway sends and gets. */
export function eventSuite(suite: BrokerSuite): void {
  describe("events", () => {
    test("an event goes to one node of each group, a broadcast to every node, groups to these alone", async (context) => {
      const heard = recorder<string>("event");
      const listener = (name: string): TestService => ({
        name,
        events: {
          "player.*": ({ event, payload, node }) => heard.push(`${event} ${name}@${node} ${String(payload)}`),
        },
      });
      const { broker, join, told } = await started(suite, context, listener("mail"));
      await join("n2", [listener("mail"), listener("log")]);
      await told.waitFor((line) => line === "up log@n2");
      const heardOf = async (event: string, lines: number) => {
        const fitting = () => heard.items.filter((line) => line.startsWith(event));
        await heard.waitFor(() => fitting().length >= lines);
        return fitting().map((line) => line.split(" ")[1]);
      };

      await publish(broker, "player.emitted", 1);
      expect((await heardOf("player.emitted", 2)).map((who) => who?.split("@")[0]).sort()).toEqual([
        "log",
        "mail",
      ]);
      await publish(broker, "player.told", 2, { broadcast: true });
      expect((await heardOf("player.told", 3)).sort()).toEqual(["log@n2", "mail@n1", "mail@n2"]);
      await publish(broker, "player.grouped", 3, { groups: ["log"] });
      expect(await heardOf("player.grouped", 1)).toEqual(["log@n2"]);
    });

    test("the gateway gets every event that it asked for once, emitted or broadcast, none of the system's own", async (context) => {
      const { broker, node, events } = await started(suite, context, {
        name: "player",
        events: { "**": () => undefined },
      });
      broker.events?.(["player.**"]);
      await node.send("$internal", 0, false);
      await node.send("player.emitted", { id: 1 }, false);
      await node.send("player.told.all", [2], true);
      await node.send("player.last", null, true);
      await events.waitFor(({ event }) => event === "player.last");
      expect(events.items.filter(({ event }) => event !== "player.last")).toMatchObject([
        { event: "player.emitted", payload: { id: 1 }, node: "n1", broadcast: false },
        { event: "player.told.all", payload: [2], node: "n1", broadcast: true },
      ]);
    });

    test("a name that is a pattern or the system's own is not published (S6.5)", async (context) => {
      const { broker } = await started(suite, context);
      for (const event of ["*".repeat(60), "player.*", "$node.connected", "", "a".repeat(257)])
        await expect(publish(broker, event, 1)).rejects.toMatchObject({ code: "EVENT_NAME_INVALID" });
    });

    test("a listener with sixty stars hangs nobody who publishes", async (context) => {
      const heard = recorder<string>("event");
      const { broker } = await started(suite, context, {
        name: "hostile",
        events: {
          [`${"*".repeat(60)}x`]: () => undefined,
          [`${"*a".repeat(30)}x`]: () => undefined,
          "(((": () => undefined,
          "player.updated": ({ event }) => heard.push(event),
        },
      });
      await publish(broker, `${"a".repeat(200)}y`, 1);
      await publish(broker, "player.updated", 2);
      await heard.waitFor((event) => event === "player.updated");
    });
  });
}
