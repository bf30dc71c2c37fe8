import type { Broker, PublishRequest } from "@tidegate/core-registry";
import { type Recorder, recorder } from "../recorder.ts";
import { callScope } from "../scopes.ts";
import type { TestService } from "../service.ts";
import type { CheckContext } from "../suite/check.ts";
import { type BrokerCheck, type BrokerSuite, needsMember, recorded, started } from "./driver.ts";

const publish = async (
  broker: Broker,
  event: string,
  params: unknown,
  rest: Partial<PublishRequest> = {},
): Promise<void> => broker.publish?.(callScope(), { event, params, broadcast: false, ...rest });

const mail = (name: string, got: Recorder<string>): TestService => ({
  name,
  events: { "player.*": ({ event, node }) => got.push(`${event} ${name}@${node}`) },
});

/** Checks the events that gateways send (S13). */
export const publishChecks: readonly BrokerCheck[] = [
  {
    title: "events go to one node of each group, broadcasts to every node of the groups",
    needs: needsMember("publish"),
    run: async (suite, check) => {
      const got = recorder<string>("event");
      const { broker, join, changes } = await started(suite, check, mail("mail", got));
      await join("n2", [mail("mail", got), mail("log", got)]);
      await recorded(check, changes, (line) => line === "up log@n2", "the sink receives 'up log@n2'");
      const receivers = async (event: string, count: number): Promise<(string | undefined)[]> => {
        const fitting = () => got.items.filter((line) => line.startsWith(event));
        await check.until(() => fitting().length >= count, `${count} listeners receive ${event}`);
        await check.quiet();
        return fitting()
          .map((line) => line.split(" ")[1])
          .sort();
      };
      check.clause("False: one node of each group receives it.");
      await check.wait(publish(broker, "player.emitted", 1), "publish() resolves");
      const groups = (await receivers("player.emitted", 2)).map((who) => who?.split("@")[0]);
      check.equal(groups, ["log", "mail"], "the list of groups that received an emitted event");
      check.clause("True: every node receives it.");
      await publish(broker, "player.broadcast", 2, { broadcast: true });
      const all = await receivers("player.broadcast", 3);
      check.equal(all, ["log@n2", "mail@n1", "mail@n2"], "the list of receivers of a broadcast");
      check.clause("The service groups that receive it. Default: all.");
      await publish(broker, "player.grouped", 3, { groups: ["log"] });
      check.equal(
        await receivers("player.grouped", 1),
        ["log@n2"],
        "the list of receivers of an event for `log`",
      );
      await publish(broker, "player.both", 4, { groups: ["mail"], broadcast: true });
      const both = await receivers("player.both", 2);
      check.equal(both, ["mail@n1", "mail@n2"], "the list of receivers of a broadcast for `mail`");
    },
  },
  {
    title: "listeners receive the payload and whether the event was broadcast",
    needs: needsMember("publish"),
    run: async (suite, check) => {
      const got = recorder<object>("event");
      const { broker } = await started(suite, check, {
        name: "player",
        events: {
          "player.*": ({ event, payload, broadcast }) => got.push({ event, payload, broadcast }),
        },
      });
      check.clause("Describes one event that a broker sends.");
      for (const [index, params] of payloads.entries()) {
        const event = `player.e${index}`;
        const broadcast = index % 2 === 0;
        await publish(broker, event, params, { broadcast });
        const what = `a listener receives ${event}`;
        const seen = await recorded(check, got, (item) => Reflect.get(item, "event") === event, what);
        check.equal(seen, { event, payload: params, broadcast }, "the received event");
      }
    },
  },
  {
    title: "a pattern or an internal name is not published (S6.5)",
    needs: needsMember("publish"),
    run: async (suite, check) => {
      const { broker } = await started(suite, check);
      check.clause("The event's name; never a pattern.");
      for (const event of ["*".repeat(60), "player.*", "$node.connected", "", "a".repeat(257)])
        await check.rejects(
          publish(broker, event, 1),
          { code: "EVENT_NAME_INVALID" },
          `publish('${event.slice(0, 20)}')`,
        );
    },
  },
  {
    title: "a listener with sixty stars does not block publishers",
    needs: needsMember("publish"),
    run: async (suite, check) => {
      const got = recorder<string>("event");
      const { broker } = await started(suite, check, {
        name: "hostile",
        events: {
          [`${"*".repeat(60)}x`]: () => undefined,
          [`${"*a".repeat(30)}x`]: () => undefined,
          "(((": () => undefined,
          "player.updated": ({ event }) => got.push(event),
        },
      });
      check.clause("Plain data from outside, not validated.");
      await publish(broker, `${"a".repeat(200)}y`, 1);
      await publish(broker, "player.updated", 2);
      await recorded(check, got, () => true, "the listener of player.updated receives the event");
    },
  },
];

const payloads: readonly unknown[] = [{ id: 1, deep: { list: [null, "å"] } }, [2], "text", false, 0];

/** Checks the events that gateways receive (S13). */
export const subscriptionChecks: readonly BrokerCheck[] = [
  {
    title: "a gateway gets each event that it subscribed to once, and no internal event",
    needs: needsMember("events"),
    run: async (suite, check) => {
      const { broker, node, events } = await started(suite, check, {
        name: "player",
        events: { "**": () => undefined },
      });
      check.clause("From then on the sink receives every matching event, emitted or broadcast.");
      broker.events?.(["player.**"]);
      await node.send("$internal", 0, false);
      await node.send("player.emitted", { id: 1, deep: [null] }, false);
      await node.send("player.sent.all", [2], true);
      await node.send("player.last", null, true);
      await recorded(check, events, ({ event }) => event === "player.last", "the sink receives player.last");
      check.matches(
        events.items.filter(({ event }) => event !== "player.last").toSorted(byName),
        [
          { event: "player.emitted", payload: { id: 1, deep: [null] }, broadcast: false },
          { event: "player.sent.all", payload: [2], broadcast: true },
        ],
        "the list of received events",
      );
      check.clause("The id of the sending node.");
      for (const { node: from } of events.items) check.ok(from === "n1", "node is 'n1'", { node: from });
    },
  },
  {
    title: "new patterns replace the ones before",
    needs: needsMember("events"),
    run: async (suite, check) => {
      const { broker, node, events } = await started(suite, check, { name: "player" });
      check.clause("Replaces the patterns of the events that the gateway subscribes to.");
      broker.events?.(["player.*"]);
      broker.events?.(["team.*", "game.ended"]);
      for (const name of ["team.won", "game.ended"]) {
        await node.send(name, 1, false);
        await recorded(check, events, ({ event }) => event === name, `the sink receives ${name}`);
      }
    },
  },
  {
    title: "a gateway receives the events that it publishes itself",
    needs: async (suite) => (await needsMember("publish")(suite)) ?? needsMember("events")(suite),
    run: async (suite, check) => {
      const { broker, events } = await started(suite, check, { name: "player" });
      check.clause("From then on the sink receives every matching event, emitted or broadcast.");
      broker.events?.(["own.*"]);
      for (const broadcast of [false, true]) {
        const name = broadcast ? "own.broadcast" : "own.emitted";
        await check.wait(publish(broker, name, { by: "me" }, { broadcast }), "publish() resolves");
        const what = `the sink receives the gateway's own ${name}`;
        const seen = await recorded(check, events, ({ event }) => event === name, what);
        check.matches(seen, { payload: { by: "me" }, broadcast }, "the received event");
      }
    },
  },
  {
    title: "a received event has the groups to which it was sent",
    needs: needsMember("events"),
    run: checkGroups,
  },
];

async function checkGroups(suite: BrokerSuite, check: CheckContext): Promise<void> {
  const { broker, node, events, gatewayGroup } = await started(suite, check, { name: "player" });
  if (gatewayGroup === undefined) return check.skip("the system names no group of the gateways");
  check.clause("The service groups to which it was sent.");
  broker.events?.(["player.*"]);
  for (const broadcast of [false, true]) {
    events.clear();
    await node.send("player.grouped", 1, broadcast, [gatewayGroup, "mail"]);
    const seen = await recorded(check, events, () => true, "the sink receives player.grouped");
    check.equal(seen.groups?.toSorted(), ["mail", gatewayGroup].toSorted(), "the sorted list of groups");
  }
}

function byName(one: { readonly event: string }, other: { readonly event: string }): number {
  return one.event < other.event ? -1 : 1;
}
