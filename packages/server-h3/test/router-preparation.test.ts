import type { Route } from "@tidegate/core-registry";
import { expect, test } from "vitest";
import { createRouters, prepareMasterRouters } from "../src/router.ts";
import { json, route, served } from "./fixture.ts";

function service(name: string): readonly Route[] {
  return Array.from({ length: 10 }, (_, at) => route("GET", `/${name}/thing${at}`, () => json(at)));
}

/** An API with one version per branch, and the number of nodes that its routers have built. */
function gateway(first: readonly (readonly Route[])[] = []) {
  const version = (routes: readonly (readonly Route[])[]) => {
    const one = served("11111111", []);
    return { ...one, version: { ...one.version, routes } };
  };
  const branches = new Map([["master", version(first)]]);
  const listeners = new Set<(branch: string) => void>();
  const counted = { built: 0 };
  const waiting: { after: number; call: () => void }[] = [];
  const routerOf = createRouters({
    onInvalidRoute: (_route, problem) => expect.unreachable(problem),
    onNodeBuilt: () => {
      counted.built += 1;
      for (const { after, call } of waiting) if (counted.built === after) call();
    },
  });
  const stop = prepareMasterRouters(
    {
      find: (branch) => branches.get(branch) ?? { missing: "branch" },
      onSwap: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    [routerOf],
  );
  const swap = (branch: string, routes: readonly (readonly Route[])[]): void => {
    branches.set(branch, version(routes));
    for (const listener of listeners) listener(branch);
  };
  const whenBuilt = (after: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (counted.built >= after) resolve();
    waiting.push({ after, call: resolve });
    return promise;
  };
  return { counted, whenBuilt, swap, stop, listeners };
}

test("S9.4 the router of master's newest version is built in the turn after a swap", async () => {
  const { counted, whenBuilt, swap, stop, listeners } = gateway([service("one")]);
  await whenBuilt(12);
  expect(counted.built).toBe(12);
  swap("master", [service("one"), service("two")]);
  await whenBuilt(12 + 1 + 2 * 11);
  expect(counted.built).toBe(12 + 1 + 2 * 11);
  stop();
  expect(listeners.size).toBe(0);
});

test("S9.5 the routers of other branches are not built before they are used", () => {
  const { counted, swap, stop } = gateway();
  const before = counted.built;
  swap("preview", [service("one")]);
  expect(counted.built).toBe(before);
  stop();
});

test("the routers of many services are built in portions, over several turns of the event loop", async () => {
  const slices = Array.from({ length: 500 }, (_, at) => service(`service${at}`));
  const all = 1 + 500 * 11;
  const { counted, whenBuilt, swap, stop } = gateway([]);
  const before = counted.built;
  swap("master", slices);
  expect(counted.built).toBe(before);
  await whenBuilt(before + all);
  expect(counted.built).toBe(before + all);
  stop();
});

test("a stop ends an unfinished preparation", async () => {
  const { counted, swap, stop } = gateway([]);
  swap(
    "master",
    Array.from({ length: 500 }, (_, at) => service(`service${at}`)),
  );
  stop();
  const { built } = counted;
  const { promise: later, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await later;
  expect(counted.built).toBe(built);
});
