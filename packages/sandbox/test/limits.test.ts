import { type Sandbox, systemClock } from "@tidegate/core-registry";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkFunction } from "../src/check/check.ts";
import { sandbox } from "../src/index.ts";
import type { KnownFunction } from "../src/process/calls.ts";
import { ProcessPool } from "../src/process/pool.ts";
import { childSettings, compiled, type RecordedFunction } from "./support/compile.ts";

let box: Sandbox;
let good: RecordedFunction;

// Processes start slowly on a loaded machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

beforeAll(async () => {
  box = sandbox();
  await box.start();
  good = compiled(box, "({ n }) => n + 1", "good");
});
afterAll(() => box.stop());

const limit = /^FUNCTION_(TIMEOUT|MEMORY): /;

/** Each occupies the CPU or the memory (almost) forever; each belongs to a service of its own. */
const attacks: [string, string][] = [
  ["sandbox-01 an endless loop", "() => { while (true); }"],
  ["sandbox-02 endless promises", "() => { (function f() { Promise.resolve().then(f); })(); }"],
  ["sandbox-05 a regular expression that backtracks", "() => /^(a+)+$/.test('a'.repeat(40) + '!')"],
  ["sandbox-06 a message that loops", thrown("message")],
  ["sandbox-06 a stack that loops", thrown("stack")],
  ["sandbox-06 a name that loops", thrown("name")],
  [
    "sandbox-07 a proxy that loops",
    "() => { throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); } }); }",
  ],
  ["sandbox-07 a toString that loops", "() => { throw { toString() { for (;;); } }; }"],
  ["sandbox-23 a result whose getter loops", "() => ({ get a() { for (;;); } })"],
  ["sandbox-23 a result whose toJSON loops", "() => ({ toJSON() { for (;;); } })"],
  [
    "sandbox-23 a result that is a looping proxy",
    "() => new Proxy({}, { ownKeys() { for (;;); }, get() { for (;;); } })",
  ],
  ["a then that loops", "() => ({ get then() { for (;;); } })"],
  ["a console argument that loops", "() => console.log({ toJSON() { for (;;); } })"],
  [
    "sandbox-09 arrays of doubles without end",
    "() => { const a = []; for (;;) a.push(new Array(1000).fill(1.5)); }",
  ],
  ["sandbox-11 a map without end", "() => { const a = new Map(); for (let i = 0; ; i++) a.set(i, { i }); }"],
  ["sandbox-11 strings without end", "() => { const a = []; for (;;) a.push('x'.repeat(1e6) + a.length); }"],
  ["sandbox-11 objects without end", "() => { let a = {}; for (;;) a = { a, b: [a] }; }"],
  ["sandbox-12 a BigInt", "() => { const b = 2n ** (2n ** 23n); return (b * b).toString().length; }"],
  ["sandbox-12 an array that is filled", "() => new Array(2 ** 26).fill(1).length"],
];

function thrown(name: string): string {
  const loop = `Object.defineProperty(e, "${name}", { get() { for (;;); } })`;
  return `() => { const e = new Error("x"); ${loop}; throw e; }`;
}

describe("S11.2 a function that breaks a limit fails alone", () => {
  test.each(attacks)("%s", async (kind, source) => {
    const bad = compiled(box, source, kind);
    const began = performance.now();
    const cpuBefore = process.threadCpuUsage();
    const attack = bad.failure();
    const answers = Array.from({ length: 20 }, (_, n) => good.call({ n }));
    expect(await Promise.all(answers)).toEqual(answers.map((_, n) => n + 1));
    expect(await attack).toMatch(limit);
    // The gateway only waits meanwhile.
    const { user, system } = process.threadCpuUsage(cpuBefore);
    expect((user + system) / 1000).toBeLessThan(0.7 * (performance.now() - began));
    expect(bad.exceeded).toEqual([expect.stringMatching(/^FUNCTION_(TIMEOUT|MEMORY)$/)]);
    expect(good.exceeded).toEqual([]);
    expect(await good.call({ n: 1 })).toBe(2);
  });

  test.each([
    ["sandbox-10 buffers without end", "() => { const a = []; for (;;) a.push(new ArrayBuffer(1e6)); }"],
    ["sandbox-11 a string that doubles without end", "() => { let a = 'xx'; for (;;) a += a; }"],
  ])("%s ends with an error, whichever the engine reports", async (kind, source) => {
    expect(await compiled(box, source, kind).failure()).toMatch(/^FUNCTION_(TIMEOUT|MEMORY|THREW): /);
    expect(await good.call({ n: 1 })).toBe(2);
  });
});

describe("S11.2 the culprit's service moves into a process of its own at its first offence", () => {
  test("then its attacks delay no other service: their calls return while one runs", async () => {
    // The time limit is so long that only the end of the pool ends the attack, however busy the machine is.
    const settings = { ...childSettings, timeout: 600_000, memory: 8 };
    const pool = new ProcessPool({ settings, maxOffences: 3, clock: systemClock });
    const hungry = "() => { const a = []; for (;;) a.push('x'.repeat(1e6) + a.length); }";
    expect(await callIn(pool, knownFunction(1, hungry, "bad"))).toMatchObject({ code: "FUNCTION_MEMORY" });
    const attack = callIn(pool, knownFunction(2, "() => { while (true); }", "bad"));
    const other = knownFunction(3, "() => 3", "other");
    for (let n = 0; n < 5; n++) expect(await callIn(pool, other)).toBe(3);
    await pool.stop();
    expect(await attack).toMatchObject({ code: "DEPENDENCY_UNAVAILABLE" });
  });

  test("calls of others in a killed process run again, and only the culprit is blamed", async () => {
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
    expect(bad.exceeded).toHaveLength(1);
    expect(others.flatMap(({ exceeded }) => exceeded)).toEqual([]);
  });

  test("a burst of attacks of one service delays others no longer than one attack", async () => {
    const pool = patientPool();
    const attack = knownFunction(1, "() => { while (true); }", "burst");
    let ended = 0;
    const burst = Array.from({ length: 50 }, () =>
      callIn(pool, attack).finally(() => {
        ended++;
      }),
    );
    expect(await callIn(pool, knownFunction(2, "() => 2", "other"))).toBe(2);
    // One after another in the shared process, all attacks would end before.
    expect(ended).toBeLessThan(50);
    const codes = (await Promise.all(burst)).map((failure) => Object(failure).code);
    expect(codes.filter((code) => code === "FUNCTION_TIMEOUT")).toHaveLength(3);
    expect(codes.filter((code) => code === "FUNCTION_OFF")).toHaveLength(47);
    await pool.stop();
  });
});

describe("S11.2 a function that keeps exceeding limits is switched off", () => {
  test("and reported once; other functions of its service go on", async () => {
    const strict = sandbox({ maxOffences: 2, timeout: 20 });
    const source = "({ n }) => { while (n); return n; }";
    const bad = compiled(strict, source, "strict");
    const sibling = compiled(strict, "({ n }) => n", "strict");
    expect(await bad.failure({ n: 1 })).toMatch(limit);
    expect(await bad.call({ n: 0 })).toBe(0);
    expect(await bad.failure({ n: 1 })).toMatch(limit);
    expect(await bad.failure({ n: 0 })).toMatch(
      /^FUNCTION_OFF: strict map is switched off: it exceeded a limit 2 times/,
    );
    expect(bad.exceeded).toEqual(["FUNCTION_TIMEOUT", "FUNCTION_TIMEOUT", "FUNCTION_OFF"]);
    expect(await sibling.call({ n: 3 })).toBe(3);
    expect(await compiled(strict, source, "strict").failure({ n: 0 })).toMatch(/^FUNCTION_OFF/);
    expect(await compiled(strict, source, "elsewhere").call({ n: 0 })).toBe(0);
    expect(await compiled(strict, `${source} // fixed`, "strict").call({ n: 0 })).toBe(0);
    await strict.stop();
  });

  test("but not for what a client can cause by a large argument", async () => {
    const strict = sandbox({ maxOffences: 2, timeout: 20 });
    const fn = compiled(strict, "({ n }) => { while (n); return n; }", "strict");
    const large = { n: 1, text: "x".repeat(70_000) };
    for (let count = 0; count < 3; count++) expect(await fn.failure(large)).toMatch(limit);
    expect(await fn.call({ n: 0 })).toBe(0);
    expect(fn.exceeded).not.toContain("FUNCTION_OFF");
    await strict.stop();
  });

  test("a thrown error, an invalid result or a long argument is not an offence", async () => {
    const small = sandbox({ maxOffences: 1, maxArgument: 100 });
    const fn = compiled(small, "({ how }) => { if (how) throw new Error(how); return () => 1; }");
    expect(await fn.failure({ how: "x" })).toMatch(/^FUNCTION_THREW/);
    expect(await fn.failure({})).toMatch(/^FUNCTION_RESULT/);
    expect(await fn.failure({ how: "x".repeat(100) })).toMatch(/^FUNCTION_MEMORY/);
    expect(await fn.failure({ how: "x" })).toMatch(/^FUNCTION_THREW/);
    expect(fn.exceeded).toEqual([]);
    await small.stop();
  });
});

test("S11.2 the memory of a service is freed, and its other functions go on", async () => {
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
  expect(bad.exceeded).toEqual(["FUNCTION_MEMORY", "FUNCTION_MEMORY"]);
  await small.stop();
});

test("a service's name cannot inject messages to the process", async () => {
  const name = 'a\nd{"id":1}\nc1 1 {}';
  const fn = compiled(box, "({ n }) => { while (n < 0); return n; }", name);
  expect(await fn.failure({ n: -1 })).toMatch(limit);
  expect(await fn.call({ n: 1 })).toBe(1);
});

test("S11.2 console output that precedes an exceeded limit arrives", async () => {
  const pool = patientPool();
  const lines: string[] = [];
  const talker = knownFunction(1, "() => { console.log('before'); while (true); }", "talker");
  expect(await callIn(pool, talker, lines)).toMatchObject({ code: "FUNCTION_TIMEOUT" });
  expect(lines).toContain("before");
  await pool.stop();
});

/**
 * A pool that leaves exceeded limits to the engine, so that a loaded machine does not lead to killed
 * processes.
 */
function patientPool(): ProcessPool {
  return new ProcessPool({
    settings: childSettings,
    maxOffences: 3,
    clock: systemClock,
    killDelay: 60_000,
  });
}

let lastCall = 0;

/** Resolves with the result or the error of a call. */
function callIn(pool: ProcessPool, fn: KnownFunction, lines: string[] = []): Promise<unknown> {
  const options = {
    label: `${fn.service} map`,
    service: fn.service,
    console: ({ text }: { readonly text: string }) => lines.push(text),
    onLimitExceeded: () => {},
  };
  return new Promise((resolve) => {
    const argument = { json: "{}" };
    pool.run({ id: ++lastCall, fn, options, argument, reruns: 0, resolve, reject: resolve });
  });
}

function knownFunction(id: number, source: string, service: string): KnownFunction {
  const { parsed, takesUtil } = checkFunction(source, { sync: true, volatile: false });
  if (parsed === undefined) throw new Error(`The source is not a function: ${source}`);
  const { script, offset } = parsed;
  return { id, service, source, script, offset, takesUtil, offences: [] };
}

test("more services than isolates are served", async () => {
  const calls = Array.from({ length: 230 }, (_, n) =>
    compiled(box, "({ n }) => n", `service${n}`).call({ n }),
  );
  expect(await Promise.all(calls)).toEqual(calls.map((_, n) => n));
});
