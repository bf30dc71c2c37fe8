import { describe, expect, test, vi } from "vitest";
import type { ActionEntry, Broker, Clock, DirectorySnapshot, HttpRequest } from "../../../src/index.ts";
import { contextFactories, createScope, type ScopeInput } from "../../../src/runtime/index.ts";

const calls: unknown[] = [];
const broker: Broker = {
  contract: 2,
  name: "fake",
  start: async () => undefined,
  stop: async () => undefined,
  call: async (scope, request) => {
    calls.push({ branch: scope.branch, ...request });
    return "answer";
  },
};
const action: ActionEntry = {
  name: "user.get",
  service: "user",
  broker,
  published: true,
  nodes: ["n1"],
  state: "up",
};

function directory(...actions: ActionEntry[]): DirectorySnapshot {
  return {
    branch: "master",
    action: (name) => actions.find((entry) => entry.name === name),
    service: () => undefined,
    services: () => [],
  };
}

const request = { method: "GET", url: "/", path: "/" } as HttpRequest;

function scopeOf(change: Partial<ScopeInput> = {}) {
  return createScope({
    branch: "master",
    version: "0".repeat(32),
    base: "",
    directory: directory(action),
    request,
    factories: new Map(),
    ...change,
  });
}

function fakeClock(): Clock & { pass(ms: number): void; waiting: number } {
  const timers = new Set<{ at: number; run: () => void }>();
  let now = 1000;
  return {
    now: () => now,
    after: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.at <= now && timers.delete(timer)) timer.run();
      }
    },
    get waiting() {
      return timers.size;
    },
  };
}

describe("the scope of a request", () => {
  test("its signal is created when it is first read, and aborts when the client disconnects", () => {
    let gone: () => void = () => undefined;
    const onGone = vi.fn((listener: () => void): undefined => {
      gone = listener;
    });
    const scope = scopeOf({ onGone });
    expect(onGone).not.toHaveBeenCalled();
    const { signal } = scope;
    expect(scope.signal).toBe(signal);
    expect(onGone).toHaveBeenCalledOnce();
    expect(signal.aborted).toBe(false);
    gone();
    expect(signal.reason).toMatchObject({ code: "CANCELLED" });
  });

  test("the deadline aborts its signal, and its end stops the timer", () => {
    const clock = fakeClock();
    const late = scopeOf({ clock, deadline: 1500 });
    const ended = scopeOf({ clock, deadline: 1500 });
    expect([late.signal.aborted, ended.signal.aborted]).toEqual([false, false]);
    ended.end();
    expect(clock.waiting).toBe(1);
    clock.pass(500);
    expect(late.signal.reason).toMatchObject({ code: "CALL_TIMEOUT" });
    expect(ended.signal.aborted).toBe(false);
    expect(scopeOf({ clock, deadline: 1500 }).signal.aborted).toBe(true);
  });

  test("a memo is created once per key and request", () => {
    const scope = scopeOf();
    const key = {};
    const make = vi.fn(() => undefined);
    scope.memo(key, make);
    scope.memo(key, make);
    expect(make).toHaveBeenCalledOnce();
    scope.fork({}).memo(key, make);
    expect(make).toHaveBeenCalledTimes(2);
  });

  test("a fork can have the rules of another version, and its forks have them too", () => {
    const rules = { ownerRules: () => undefined };
    const scope = scopeOf();
    const fork = scope.fork({ rules });
    expect(fork.rules).toBe(rules);
    expect(fork.fork({}).rules).toBe(rules);
    expect(scope.rules).not.toBe(rules);
  });

  test("a fork has its own directory, version, deadline and end; the parent's end ends it too", () => {
    let gone: () => void = () => undefined;
    const clock = fakeClock();
    const onGone = (listener: () => void): undefined => {
      gone = listener;
    };
    const scope = scopeOf({ clock, deadline: 9000, onGone });
    const newer = directory();
    const own = new AbortController();
    const first = scope.fork({ directory: newer, version: "f".repeat(32), deadline: 1100 });
    const second = scope.fork({ signal: own.signal });
    expect(first).toMatchObject({ directory: newer, version: "f".repeat(32), deadline: 1100 });
    expect(second.directory).toBe(scope.directory);
    expect(second.deadline).toBeUndefined();
    expect([first.signal.aborted, second.signal.aborted]).toEqual([false, false]);
    clock.pass(100);
    expect([first.signal.aborted, second.signal.aborted, scope.signal.aborted]).toEqual([true, false, false]);
    const third = scope.fork({});
    expect(third.signal.aborted).toBe(false);
    own.abort();
    expect([second.signal.aborted, third.signal.aborted]).toEqual([true, false]);
    gone();
    expect(third.signal.aborted).toBe(true);
  });

  test("context factories call actions of the scope's own directory", async () => {
    const factories = contextFactories([
      { contract: 2, name: "user", create: ({ call }) => call("user.get", { id: 1 }) },
    ]);
    const scope = scopeOf({ factories });
    await expect(scope.context.get("user")).resolves.toBe("answer");
    expect(calls).toEqual([{ branch: "master", action: "user.get", params: { id: 1 }, nodes: ["n1"] }]);
    const fork = scopeOf({ factories }).fork({ directory: directory() });
    await expect(fork.context.get("user")).rejects.toMatchObject({ code: "ACTION_UNAVAILABLE" });
  });

  test("its end disposes the context, also one that is read later", () => {
    const close = vi.fn();
    const factories = contextFactories([{ contract: 2, name: "db", create: () => 1, close }]);
    const scope = scopeOf({ factories });
    scope.context.get("db");
    scope.end();
    scope.end();
    expect(close).toHaveBeenCalledOnce();
    const over = scopeOf({ factories });
    over.end();
    expect(() => over.context.get("db")).toThrow(expect.objectContaining({ code: "CANCELLED" }));
  });
});
