import { memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { BrokerSink } from "../../src/contracts/broker.ts";
import { createEventHub } from "../../src/runtime/event-hub.ts";

const never = new AbortController().signal;
const packet = (event: string, payload: unknown = null) => ({ event, payload, broadcast: false });

describe("S6: the hub between brokers and subscribers", () => {
  test("delivers each matching event once and in order, from the call of subscribe on", async () => {
    const hub = createEventHub([]);
    hub.receive(packet("player.joined", 0));
    const both = hub.subscribe(["player.*", "player.joined"], never);
    const team = hub.subscribe(["team.**"], never);
    hub.receive(packet("player.joined", 1));
    hub.receive(packet("team.a.b", 2));
    hub.receive(packet("player.left", 3));
    expect([(await both.next()).value?.payload, (await both.next()).value?.payload]).toEqual([1, 3]);
    expect((await team.next()).value?.payload).toBe(2);
  });

  test("S6.5: events whose name begins with `$` are never delivered", async () => {
    const hub = createEventHub([]);
    const all = hub.subscribe(["**"], never);
    hub.receive(packet("$node.connected"));
    hub.receive(packet("player.joined"));
    expect((await all.next()).value?.event).toBe("player.joined");
  });

  test("passes patterns to the brokers once per burst, also when the last subscriber leaves", async () => {
    const bus = memoryBroker();
    const received: string[] = [];
    const sink: BrokerSink = {
      serviceUp: () => undefined,
      serviceDown: () => undefined,
      event: ({ event }) => void received.push(event),
    };
    await bus.broker.start(sink);
    const hub = createEventHub([bus.broker]);
    const ended = new AbortController();
    const packets = hub.subscribe(["a.*", "b"], ended.signal);
    hub.subscribe(["b"], ended.signal);
    await Promise.resolve();
    expect(bus.patterns).toEqual(["a.*", "b"]);
    ended.abort();
    await Promise.resolve();
    expect(bus.patterns).toEqual([]);
    expect(await packets.next()).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
  });

  test("a subscriber that does not read ends with SLOW_CONSUMER and affects no other", async () => {
    const hub = createEventHub([]);
    const slow = hub.subscribe(["a"], never);
    const quick = hub.subscribe(["a"], never);
    for (let index = 0; index <= 1_000; index++) {
      hub.receive(packet("a", index));
      expect((await quick.next()).value?.payload).toBe(index);
    }
    await expect(slow.next()).rejects.toMatchObject({ code: "SLOW_CONSUMER" });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(1);
  });

  test("`return` ends it, also while a read waits; with an aborted signal it does not begin", async () => {
    const hub = createEventHub([]);
    const packets = hub.subscribe(["a"], never);
    const waiting = packets.next();
    await packets.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await hub.subscribe(["a"], AbortSignal.abort()).next()).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
  });
});
