import { describe, expect, test, vi } from "vitest";
import type { ContextFactory, HttpRequest } from "../../../src/index.ts";
import { contextFactories, createContext, createCorrelation } from "../../../src/runtime/index.ts";
import { nextTurn } from "../../registry/reports/turn.ts";

const request: HttpRequest = {
  method: "GET",
  url: "/",
  path: "/",
  base: "",
  params: {},
  query: {},
  header: () => undefined,
  headers: [],
  get body(): never {
    throw new Error("not read here");
  },
  peer: { address: "127.0.0.1", encrypted: false },
};
const call = async (action: string): Promise<unknown> => `called ${action}`;

function make(...factories: (Omit<ContextFactory, "contract"> & { name: string })[]) {
  return createContext(contextFactories(factories.map((factory) => ({ contract: 2, ...factory }))), {
    request,
    correlation: createCorrelation(request),
    call,
  });
}

describe("S12.3 the context", () => {
  test("a value is created once, when it is first read", () => {
    const create = vi.fn(() => "value");
    const context = make({ name: "a", create });
    expect(create).not.toHaveBeenCalled();
    expect(context.get("a")).toBe("value");
    expect(context.get("a")).toBe("value");
    expect(create).toHaveBeenCalledOnce();
  });

  test("prepare returns undefined where all factories are synchronous", async () => {
    const context = make({ name: "a", create: () => 1 }, { name: "b", create: async () => 2 });
    expect(context.prepare(["a", "unknown"])).toBeUndefined();
    const waiting = context.prepare(["a", "b"]);
    expect(waiting).toBeInstanceOf(Promise);
    await waiting;
    expect(context.get("b")).toBe(2);
    expect(context.prepare(["a", "b"])).toBeUndefined();
  });

  test("a failing factory fails only the readers of its value", async () => {
    const create = vi.fn(() => {
      throw new Error("no");
    });
    const context = make(
      { name: "bad", create },
      { name: "late", create: async () => Promise.reject(new Error("late no")) },
      { name: "good", create: () => 1 },
    );
    expect(() => context.get("bad")).toThrow("no");
    expect(() => context.prepare(["bad"])).toThrow("no");
    expect(create).toHaveBeenCalledOnce();
    await expect(context.prepare(["late"])).rejects.toThrow("late no");
    expect(() => context.prepare(["late"])).toThrow("late no");
    expect(context.get("good")).toBe(1);
  });

  test("a factory can read other values and call actions; one that depends on itself fails", async () => {
    const context = make(
      { name: "a", create: ({ context }) => `${context.get("b")}!` },
      { name: "b", create: () => "b" },
      { name: "c", create: ({ context }) => context.get("d") },
      { name: "d", create: ({ context }) => context.get("c") },
      { name: "e", create: ({ call }) => call("user.get", {}) },
    );
    expect(context.get("a")).toBe("b!");
    expect(() => context.get("c")).toThrow(expect.objectContaining({ code: "PLUGIN_INVALID" }));
    await expect(context.get("e")).resolves.toBe("called user.get");
  });

  test("the view is created once by the factory; a value that is not prepared has none", () => {
    const view = vi.fn((value: unknown) => ({ seen: value }));
    const context = make({ name: "a", create: () => 1, view }, { name: "b", create: () => undefined });
    expect(context.view("a")).toBeUndefined();
    context.prepare(["a", "b"]);
    expect(context.view("a")).toEqual({ seen: 1 });
    expect(context.view("a")).toBe(context.view("a"));
    expect(view).toHaveBeenCalledOnce();
    const views = context.views(["a", "b", "toString"]);
    expect(Object.getPrototypeOf(views)).toBeNull();
    expect(Object.keys(views)).toEqual(["a"]);
  });

  test("a fork reads existing values, has its own id, and keeps the values that it creates", () => {
    let made = 0;
    const context = make(
      { name: "id", perRequest: true, create: () => ++made },
      { name: "shared", create: () => ({}) },
      { name: "own", create: () => ({}) },
    );
    const shared = context.get("shared");
    expect(context.get("id")).toBe(1);
    const fork = context.fork();
    expect(fork.get("shared")).toBe(shared);
    expect(fork.get("id")).toBe(2);
    const own = fork.get("own");
    expect(context.get("own")).not.toBe(own);
    expect(fork.get("own")).toBe(own);
  });

  test("dispose closes values in reverse order, also late ones, and never throws", async () => {
    const closed: string[] = [];
    let arrive: (value: string) => void = () => undefined;
    const close = (value: unknown) => {
      closed.push(String(value));
      if (value === "a") throw new Error("stuck");
    };
    const context = make(
      { name: "a", create: () => "a", close },
      { name: "b", create: ({ context }) => `b${context.get("a")}`, close },
      { name: "late", create: () => new Promise((resolve) => (arrive = resolve)), close },
      { name: "never", create: () => "never", close },
    );
    context.prepare(["b"]);
    const late = context.prepare(["late"]);
    context.dispose();
    context.dispose();
    expect(closed).toEqual(["ba", "a"]);
    await expect(late).rejects.toMatchObject({ code: "CANCELLED" });
    arrive("late");
    await nextTurn();
    expect(closed).toEqual(["ba", "a", "late"]);
    expect(() => context.get("never")).toThrow(expect.objectContaining({ code: "CANCELLED" }));
    expect(closed).not.toContain("never");
  });

  test("two factories with the same name are refused", () => {
    expect(() => make({ name: "a", create: () => 1 }, { name: "a", create: () => 2 })).toThrow("'a'");
  });
});
