import type { Route } from "@tidegate/core-registry";
import { expect, test } from "vitest";
import { createRouters, prepareMasterRouters } from "../src/router.ts";
import { json, route, served } from "./fixture.ts";

function service(name: string): readonly Route[] {
  return Array.from({ length: 10 }, (_, at) => route("GET", `/${name}/thing${at}`, () => json(at)));
}

/** An API whose branches hold one version each, and the number of nodes that routers made. */
function gateway(first: readonly (readonly Route[])[] = []) {
  const version = (routes: readonly (readonly Route[])[]) => {
    const one = served("11111111", []);
    return { ...one, version: { ...one.version, routes } };
  };
  const branches = new Map([["master", version(first)]]);
  const listeners = new Set<(branch: string) => void>();
  const counted = { made: 0 };
  const hears: { after: number; call: () => void }[] = [];
  const routerOf = createRouters({
    onInvalidRoute: (_route, problem) => expect.unreachable(problem),
    onNodeBuilt: () => {
      counted.made += 1;
      for (const { after, call } of hears) if (counted.made === after) call();
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
  const madeAll = (after: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (counted.made >= after) resolve();
    hears.push({ after, call: resolve });
    return promise;
  };
  return { counted, madeAll, swap, stop, listeners };
}

test("S9.4 master's newest version is ready in the turn after it is mounted, and not first in a request's time", async () => {
  const { counted, madeAll, swap, stop, listeners } = gateway([service("one")]);
  await madeAll(12);
  expect(counted.made).toBe(12);
  swap("master", [service("one"), service("two")]);
  await madeAll(12 + 1 + 2 * 11);
  expect(counted.made).toBe(12 + 1 + 2 * 11);
  stop();
  expect(listeners.size).toBe(0);
});

test("S9.5 another branch's version is made when it is asked for", () => {
  const { counted, swap, stop } = gateway();
  const before = counted.made;
  swap("preview", [service("one")]);
  expect(counted.made).toBe(before);
  stop();
});

test("a start with many services is prepared in portions, between which others have their turn", async () => {
  const slices = Array.from({ length: 500 }, (_, at) => service(`service${at}`));
  const all = 1 + 500 * 11;
  const { counted, madeAll, swap, stop } = gateway([]);
  const before = counted.made;
  swap("master", slices);
  expect(counted.made).toBe(before);
  await madeAll(before + all);
  expect(counted.made).toBe(before + all);
  stop();
});

test("what was not finished when the server stops is left", async () => {
  const { counted, swap, stop } = gateway([]);
  swap(
    "master",
    Array.from({ length: 500 }, (_, at) => service(`service${at}`)),
  );
  stop();
  const { made } = counted;
  const { promise: later, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await later;
  expect(counted.made).toBe(made);
});
