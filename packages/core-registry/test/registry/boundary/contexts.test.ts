import { manualClock } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { ContextFactory } from "../../../src/contracts/context.ts";
import { defineContext } from "../../../src/contracts/define-plugin.ts";
import type { HttpRequest } from "../../../src/contracts/request.ts";
import { createFailureLog } from "../../../src/runtime/boundary/guard.ts";
import { createLoadTools } from "../../../src/runtime/boundary/lifecycle.ts";
import { loadContext } from "../../../src/runtime/boundary/load-context.ts";
import { contextFactories, createContext } from "../../../src/runtime/request/context.ts";
import { createCorrelation } from "../../../src/runtime/request/correlation.ts";

const throwing = (): never => {
  throw new Error("boom");
};

function contextWith(factory: Omit<ContextFactory, "contract" | "name">) {
  const clock = manualClock();
  const lines: string[] = [];
  const log = (message: string): void => void lines.push(message);
  const tools = createLoadTools(
    { clock, limitMs: 10_000 },
    createFailureLog({ debug: log, info: log, warn: log, error: log }, clock),
  );
  const endings = new Set<(reason: unknown) => void>();
  const factories = contextFactories([loadContext(defineContext({ name: "tenant", ...factory }), tools)]);
  const context = createContext(factories, {
    request: {} as HttpRequest,
    correlation: createCorrelation({ header: () => undefined }),
    call: async () => undefined,
    onEnd: (listener) => {
      endings.add(listener);
      return () => void endings.delete(listener);
    },
  });
  return {
    context,
    lines,
    end: (reason: unknown) => {
      for (const listener of endings) listener(reason);
    },
  };
}

describe("S17, S12.3: a context factory that fails", () => {
  test("create throws or rejects: the readers fail, and the error names the plugin", async () => {
    const thrown = contextWith({ create: throwing });
    expect(() => thrown.context.get("tenant")).toThrow(
      "The context plugin 'tenant' failed in 'create': boom",
    );
    const rejected = contextWith({ create: () => Promise.reject(new Error("boom")) });
    await expect(rejected.context.prepare(["tenant"])).rejects.toThrow(
      "The context plugin 'tenant' failed in 'create': boom",
    );
  });

  test("view throws: the reader fails, and sees nothing of the value", () => {
    const { context } = contextWith({ create: () => "secret", view: throwing });
    context.get("tenant");
    expect(() => context.view("tenant")).toThrow("The context plugin 'tenant' failed in 'view': boom");
  });

  test.each<readonly [kind: string, close: ContextFactory["close"]]>([
    ["throws", throwing],
    ["rejects", () => Promise.reject(new Error("boom"))],
  ])("close %s: it is logged, and nothing else happens", async (_, close) => {
    const { context, lines } = contextWith({ create: () => 1, ...(close && { close }) });
    context.get("tenant");
    context.dispose();
    await expect.poll(() => lines.join()).toContain("The context plugin 'tenant' failed in 'close': boom");
  });

  test("create that never settles: its readers fail with the client or the deadline", async () => {
    const { context, end } = contextWith({ create: () => new Promise(() => undefined) });
    const prepared = context.prepare(["tenant"]);
    end(new Error("The client has gone."));
    await expect(prepared).rejects.toThrow("The client has gone.");
  });

  test("create that never settles: its readers fail when the request ends", async () => {
    const { context } = contextWith({ create: () => new Promise(() => undefined) });
    const prepared = context.prepare(["tenant"]);
    context.dispose();
    await expect(prepared).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
