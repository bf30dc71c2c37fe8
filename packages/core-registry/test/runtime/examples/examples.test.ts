import { manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { createExamples, type ExamplesOptions } from "../../../src/runtime/examples.ts";
import { nextTurn } from "../../registry/reports/turn.ts";

function setUp(options: ExamplesOptions = {}) {
  const clock = manualClock();
  const examples = createExamples(options, clock);
  const call = async (action: string, params: unknown, answer: unknown = "ok"): Promise<void> => {
    const promise = answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    examples.recordCall(action, params, promise);
    await nextTurn();
    clock.advance(0);
  };
  const event = (name: string, payload: unknown): void => {
    examples.recordEvent(name, payload);
    clock.advance(0);
  };
  return { clock, examples, call, event };
}

test("S9.10: params and response of a call are stored, redacted, after the request's turn", async () => {
  const { clock, examples } = setUp();
  examples.recordCall(
    "user.login",
    { name: "ann", password: "hunter2" },
    Promise.resolve({ accessToken: "abc", id: 1 }),
  );
  await nextTurn();
  expect(examples.of("user.login")).toEqual([]);
  clock.advance(0);
  expect(examples.of("user.login")).toEqual([
    {
      at: "1970-01-01T00:00:00.000Z",
      params: { name: "ann", password: "*REDACTED*" },
      response: { accessToken: "*REDACTED*", id: 1 },
    },
  ]);
});

test("S9.10: a failed call is stored with its error, and fails only for its caller", async () => {
  const { call, examples } = setUp();
  await call(
    "player.get",
    { id: 1 },
    Object.assign(new Error("token=abc is bad"), { code: "SERVICE_ERROR" }),
  );
  expect(examples.of("player.get")).toMatchObject([
    { params: { id: 1 }, error: "SERVICE_ERROR: token=*REDACTED* is bad" },
  ]);
});

test("S9.10: an event is stored with its payload", () => {
  const { event, examples } = setUp();
  event("player.scored", { id: 1, cookie: "x" });
  expect(examples.ofEvent("player.scored")).toMatchObject([{ payload: { id: 1, cookie: "*REDACTED*" } }]);
  expect(examples.ofEvent("player")).toEqual([]);
});

test("S9.10: the newest `limitPerActions` and `limitPerEvents` are stored, newest first", async () => {
  const { clock, call, event, examples } = setUp({ limitPerActions: 3, limitPerEvents: 2 });
  for (let id = 1; id <= 5; id++) {
    await call("player.get", id);
    event("player.came", id);
    clock.advance(5_000);
  }
  expect(examples.of("player.get").map(({ params }) => params)).toEqual([5, 4, 3]);
  expect(examples.ofEvent("player.came").map(({ payload }) => payload)).toEqual([5, 4]);
});

test("S9.10: no action uses up `queueLimit`: an interval stores one example per name", async () => {
  const { clock, call, examples } = setUp({ queueLimit: 3 });
  for (let id = 1; id <= 100; id++) await call("player.get", id);
  await call("team.get", 1);
  await call("match.get", 1);
  await call("goal.get", 1);
  expect(examples.of("player.get").map(({ params }) => params)).toEqual([1]);
  expect(examples.of("match.get")).toHaveLength(1);
  expect(examples.of("goal.get")).toEqual([]);
  clock.advance(5_000);
  await call("goal.get", 1);
  expect(examples.of("goal.get")).toHaveLength(1);
});

test("S9.10: where no example is needed, no handler is added to the response", async () => {
  const { call, examples } = setUp({ queueLimit: 1 });
  await call("player.get", 1);
  let listened = false;
  const answer = Promise.resolve(1);
  const observed = new Proxy(answer, {
    get: () => {
      listened = true;
    },
  });
  examples.recordCall("player.get", 1, observed);
  examples.recordCall("team.get", 1, observed);
  expect(listened).toBe(false);
});

test("S9.10: all examples together are bounded", async () => {
  const { clock, event, examples } = setUp({ queueLimit: 1_000_000, limitPerEvents: 1 });
  const payload = Array.from({ length: 10 }, () => Array.from({ length: 10 }, () => "x".repeat(90)));
  for (let index = 0; index < 1_000; index++) event(`event.${index}`, payload);
  clock.advance(0);
  const kept = Array.from({ length: 1_000 }, (_, index) => examples.ofEvent(`event.${index}`).length);
  expect(kept.at(-1)).toBe(1);
  expect(kept[0]).toBe(0);
  const characters = kept.filter((one) => one === 1).length * JSON.stringify(payload).length;
  expect(characters).toBeLessThan(4.2 * 1024 * 1024);
});

test("S9.10: a limit of 0 stores none; after `stop` none are recorded, and no timer is left", async () => {
  const { call, examples } = setUp({ limitPerActions: 0 });
  await call("player.get", 1);
  expect(examples.of("player.get")).toEqual([]);
  const other = setUp();
  other.examples.recordCall("player.get", 1, Promise.resolve(1));
  other.examples.stop();
  await nextTurn();
  other.examples.recordEvent("player.came", 1);
  expect(other.clock.pending).toBe(0);
  expect(other.examples.of("player.get")).toEqual([]);
});
