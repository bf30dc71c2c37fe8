import { manualClock, memoryBroker } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { registryOn, setUp } from "./kit.ts";

/** A logger that keeps its lines. */
function createLog() {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (message: unknown): void =>
      void lines.push(`${level} ${String(message)}`);
  return {
    lines,
    logger: { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") },
  };
}

describe("S12.6: the services in `expect` are asked at start only", () => {
  test("an expected service that goes later is a reason, and the gateway stays ready", async () => {
    const { bus, clock, registry } = setUp({ expect: ["player", "team"] });
    const node = bus.node("n1");
    node.publish({ name: "player" });
    await registry.start();
    expect(registry.health()).toEqual({ state: "starting", reasons: ["The service team is not there."] });
    node.publish({ name: "team" });
    node.withdraw("team");
    clock.advance(60_000);
    expect(registry.health()).toEqual({ state: "running", reasons: ["The service team is not there."] });
    node.publish({ name: "team" });
    expect(registry.health()).toEqual({ state: "running", reasons: [] });
    node.crash();
    clock.advance(60_000);
    expect(registry.health().state).toBe("running");
    expect(registry.health().reasons).toHaveLength(2);
  });
});

describe("S12.6: a lost broker", () => {
  test("is a reason at once, and makes the gateway unready after more than 30 s", async () => {
    const { bus, clock, registry } = setUp();
    await registry.start();
    bus.setHealth("connecting", "The server is gone.");
    clock.advance(29_000);
    expect(registry.health()).toEqual({
      state: "running",
      reasons: ["The broker memory has had no connection for 29 s."],
    });
    clock.advance(1_001);
    expect(registry.health().state).toBe("disconnected");
    clock.advance(3_600_000);
    expect(registry.health().state).toBe("disconnected");
    bus.setHealth("up");
    expect(registry.health()).toEqual({ state: "running", reasons: [] });
  });

  test("does not make the gateway unready while another one is there", async () => {
    const clock = manualClock();
    const [one, other] = [memoryBroker({ clock, name: "one" }), memoryBroker({ clock, name: "other" })];
    const { registry } = registryOn(one.broker, clock, { brokers: [one.broker, other.broker] });
    await registry.start();
    one.setHealth("connecting");
    clock.advance(3_600_000);
    expect(registry.health().state).toBe("running");
    other.setHealth("connecting");
    clock.advance(29_000);
    expect(registry.health().state).toBe("running");
    clock.advance(1_001);
    expect(registry.health().state).toBe("disconnected");
  });
});

describe("S12.6: a broker that does not start", () => {
  test("fails the gateway, with an error line of its name and cause", async () => {
    const { lines, logger } = createLog();
    const { broker } = memoryBroker({ name: "nats" });
    const refusing = { ...broker, start: () => Promise.reject(new Error("connect ECONNREFUSED")) };
    const { registry } = registryOn(refusing, manualClock(), { logger });
    await registry.start();
    const fault = expect.stringMatching(/The broker nats could not start: .*connect ECONNREFUSED/);
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([fault]);
    expect(registry.health()).toEqual({ state: "failed", reasons: [fault] });
  });

  test("that is late is a warning with its name and cause; an error when it fails in the end", async () => {
    const { lines, logger } = createLog();
    const clock = manualClock();
    const discovery = Promise.withResolvers<void>();
    const [late, fast] = [
      memoryBroker({ clock, name: "late", discovery: discovery.promise }),
      memoryBroker({ clock, name: "fast" }),
    ];
    late.setHealth("connecting", "connect ECONNREFUSED 127.0.0.1:4222");
    const { registry } = registryOn(late.broker, clock, {
      brokers: [late.broker, fast.broker],
      readyAfterSeconds: 5,
      logger,
    });
    const started = registry.start();
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    clock.advance(5_000);
    await started;
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
      "warn The broker late has not finished discovery after 5 s. The gateway serves without it until it " +
        "has. Its reason: connect ECONNREFUSED 127.0.0.1:4222",
    ]);
    discovery.reject(new Error("wrong password"));
    await expect
      .poll(() => lines)
      .toContainEqual(expect.stringMatching(/^error The broker late could not start: .*wrong password/));
  });
});
