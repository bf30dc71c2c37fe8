import { performance } from "node:perf_hooks";
import type { Sandbox } from "@tidegate/core-registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sandbox } from "../src/index.ts";
import { type Compiled, compiled } from "./support/compile.ts";

let box: Sandbox;
let good: Compiled;

beforeAll(async () => {
  box = sandbox();
  await box.start();
  good = compiled(box, "({ n }) => n + 1", "good");
});
afterAll(() => box.stop());

const limit = /^FUNCTION_(TIMEOUT|MEMORY): /;

/** Each keeps a processor or the memory busy for good, or nearly; each in a service of its own. */
const attacks: [string, string][] = [
  ["S01 an endless loop", "() => { while (true); }"],
  ["S02 endless promises", "() => { (function f() { Promise.resolve().then(f); })(); }"],
  ["S05 a regular expression that backtracks", "() => /^(a+)+$/.test('a'.repeat(40) + '!')"],
  ["S06 a message that loops", thrown("message")],
  ["S06 a stack that loops", thrown("stack")],
  ["S06 a name that loops", thrown("name")],
  [
    "S07 a proxy that loops",
    "() => { throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); } }); }",
  ],
  ["S07 a toString that loops", "() => { throw { toString() { for (;;); } }; }"],
  ["S23 a result whose getter loops", "() => ({ get a() { for (;;); } })"],
  ["S23 a result whose toJSON loops", "() => ({ toJSON() { for (;;); } })"],
  [
    "S23 a result that is a looping proxy",
    "() => new Proxy({}, { ownKeys() { for (;;); }, get() { for (;;); } })",
  ],
  ["a then that loops", "() => ({ get then() { for (;;); } })"],
  ["a console argument that loops", "() => console.log({ toJSON() { for (;;); } })"],
  [
    "S09 arrays of doubles without end",
    "() => { const a = []; for (;;) a.push(new Array(1000).fill(1.5)); }",
  ],
  ["S11 a map without end", "() => { const a = new Map(); for (let i = 0; ; i++) a.set(i, { i }); }"],
  ["S11 strings without end", "() => { const a = []; for (;;) a.push('x'.repeat(1e6) + a.length); }"],
  ["S11 objects without end", "() => { let a = {}; for (;;) a = { a, b: [a] }; }"],
  ["S12 a BigInt", "() => { const b = 2n ** (2n ** 23n); return (b * b).toString().length; }"],
  ["S12 an array that is filled", "() => new Array(2 ** 26).fill(1).length"],
];

function thrown(name: string): string {
  return `() => { const e = new Error("x"); Object.defineProperty(e, "${name}", { get() { for (;;); } }); throw e; }`;
}

describe("S11.2 a function that breaks a limit fails alone", () => {
  test.each(attacks)("%s", async (kind, source) => {
    const bad = compiled(box, source, kind);
    const before = performance.eventLoopUtilization();
    const attack = bad.failure();
    const answers = Array.from({ length: 20 }, (_, n) => good.call({ n }));
    expect(await Promise.all(answers)).toEqual(answers.map((_, n) => n + 1));
    expect(await attack).toMatch(limit);
    // The gateway waits meanwhile; it does not work.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.7);
    expect(bad.broke).toEqual([expect.stringMatching(/^FUNCTION_(TIMEOUT|MEMORY)$/)]);
    expect(good.broke).toEqual([]);
    expect(await good.call({ n: 1 })).toBe(2);
  });

  test.each([
    ["S10 buffers without end", "() => { const a = []; for (;;) a.push(new ArrayBuffer(1e6)); }"],
    ["S11 a string that doubles without end", "() => { let a = 'xx'; for (;;) a += a; }"],
  ])("%s ends as an error, however the engine puts it", async (kind, source) => {
    expect(await compiled(box, source, kind).failure()).toMatch(/^FUNCTION_(TIMEOUT|MEMORY|THREW): /);
    expect(await good.call({ n: 1 })).toBe(2);
  });
});

describe("S11.2 the culprit's service moves out at its first offence", () => {
  test("from then on its attacks hold nobody up: others are answered while one runs", async () => {
    const bad = compiled(box, "({ n }) => { while (n); return 'ok'; }", "mover");
    expect(await bad.failure({ n: 1 })).toMatch(limit);
    expect(await bad.call({ n: 0 })).toBe("ok");
    let over = false;
    const attack = bad.failure({ n: 1 }).finally(() => {
      over = true;
    });
    for (let n = 0; n < 5; n++) expect(await good.call({ n })).toBe(n + 1);
    expect(over).toBe(false);
    expect(await attack).toMatch(limit);
  });

  test("calls of others in a process that had to be killed are run again, and only the culprit is blamed", async () => {
    const bad = compiled(
      box,
      "() => { const b = 2n ** (2n ** 23n); return (b * b).toString().length; }",
      "killer",
    );
    const others = Array.from({ length: 10 }, (_, n) => compiled(box, `({ n }) => [n, ${n}]`, `other${n}`));
    const before = others.map((other, n) => other.call({ n }));
    const attack = bad.failure();
    const after = others.map((other, n) => other.call({ n }));
    expect(await attack).toMatch(limit);
    expect(await Promise.all([...before, ...after])).toEqual(
      [...others, ...others].map((_, at) => [at % 10, at % 10]),
    );
    expect(bad.broke).toHaveLength(1);
    expect(others.flatMap(({ broke }) => broke)).toEqual([]);
  });

  test("a burst of attacks of one service costs the others no more than one", async () => {
    const bad = compiled(box, "() => { while (true); }", "burst");
    const burst = Array.from({ length: 50 }, () => bad.failure());
    const began = performance.now();
    expect(await good.call({ n: 1 })).toBe(2);
    expect(performance.now() - began).toBeLessThan(1000);
    const failures = await Promise.all(burst);
    expect(failures.filter((failure) => limit.test(failure))).toHaveLength(3);
    expect(failures.filter((failure) => failure.startsWith("FUNCTION_OFF"))).toHaveLength(47);
  });
});

describe("S11.2 a function that keeps breaking limits is switched off", () => {
  test("and said so, once; others of its service go on", async () => {
    const strict = sandbox({ maxOffences: 2, timeout: 20 });
    const source = "({ n }) => { while (n); return n; }";
    const bad = compiled(strict, source, "strict");
    const sibling = compiled(strict, "({ n }) => n", "strict");
    expect(await bad.failure({ n: 1 })).toMatch(limit);
    expect(await bad.call({ n: 0 })).toBe(0);
    expect(await bad.failure({ n: 1 })).toMatch(limit);
    expect(await bad.failure({ n: 0 })).toMatch(
      /^FUNCTION_OFF: strict map was switched off: it broke a limit 2 times/,
    );
    expect(bad.broke).toEqual(["FUNCTION_TIMEOUT", "FUNCTION_TIMEOUT", "FUNCTION_OFF"]);
    expect(await sibling.call({ n: 3 })).toBe(3);
    expect(await compiled(strict, source, "strict").failure({ n: 0 })).toMatch(/^FUNCTION_OFF/);
    expect(await compiled(strict, source, "elsewhere").call({ n: 0 })).toBe(0);
    expect(await compiled(strict, `${source} // mended`, "strict").call({ n: 0 })).toBe(0);
    await strict.stop();
  });

  test("a throw, a wrong result or a long argument is no offence", async () => {
    const small = sandbox({ maxOffences: 1, maxArgument: 100 });
    const made = compiled(small, "({ how }) => { if (how) throw new Error(how); return () => 1; }");
    expect(await made.failure({ how: "x" })).toMatch(/^FUNCTION_THREW/);
    expect(await made.failure({})).toMatch(/^FUNCTION_RESULT/);
    expect(await made.failure({ how: "x".repeat(100) })).toMatch(/^FUNCTION_MEMORY/);
    expect(await made.failure({ how: "x" })).toMatch(/^FUNCTION_THREW/);
    expect(made.broke).toEqual([]);
    await small.stop();
  });
});

test("S11.2 memory: what a service fills is freed, and its other functions go on", async () => {
  const small = sandbox({ timeout: 5000, memory: 8 });
  const bad = compiled(
    small,
    "() => { const a = new Map(); for (let i = 0; ; i++) a.set(i, { i }); }",
    "small",
  );
  const sibling = compiled(small, "({ n }) => n", "small");
  for (let n = 0; n < 2; n++) {
    expect(await bad.failure()).toMatch(/^FUNCTION_MEMORY: small map took more than 8 MB/);
    expect(await sibling.call({ n })).toBe(n);
  }
  expect(bad.broke).toEqual(["FUNCTION_MEMORY", "FUNCTION_MEMORY"]);
  await small.stop();
});

test("a service's name cannot speak to the process in its stead", async () => {
  const name = 'a\nd{"id":1}\nc1 1 {}';
  const made = compiled(box, "({ n }) => { while (n < 0); return n; }", name);
  expect(await made.failure({ n: -1 })).toMatch(limit);
  expect(await made.call({ n: 1 })).toBe(1);
});

test("S11.2 what was written before a limit was broken is told", async () => {
  const bad = compiled(box, "() => { console.log('before'); while (true); }", "talker");
  expect(await bad.failure()).toMatch(limit);
  expect(bad.lines).toEqual(["log: before"]);
});

test("more services than have room for an isolate are served", async () => {
  const calls = Array.from({ length: 230 }, (_, n) =>
    compiled(box, "({ n }) => n", `service${n}`).call({ n }),
  );
  expect(await Promise.all(calls)).toEqual(calls.map((_, n) => n));
}, 60_000);
