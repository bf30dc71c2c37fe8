import { Readable } from "node:stream";
import type { Sandbox } from "@tidegate/core-registry";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { sandbox } from "../src/index.ts";
import { compiled } from "./support/compile.ts";

let box: Sandbox;
let unlimited: Sandbox;
const shared = {
  double: (value: number) => value * 2,
  text: {
    shout(text: string) {
      return `${text.toUpperCase()}!`;
    },
  },
  limits: { max: 10, names: ["a"] },
};

// Processes start slowly on a loaded machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

beforeAll(async () => {
  box = sandbox({ util: shared, maxResult: 1000, timeout: 2_000 });
  unlimited = sandbox({ timeout: 2_000 });
  await Promise.all([box.start(), unlimited.start()]);
});
afterAll(() => Promise.all([box.stop(), unlimited.stop()]));

const run = (source: string, argument?: unknown): Promise<unknown> => compiled(box, source).call(argument);

describe("S11.1 the result of a function", () => {
  test.each<[string, unknown, unknown]>([
    ["({ source }) => source.position.toUpperCase()", { source: { position: "mf" } }, "MF"],
    ["({ path }) => ['chat.message.' + path.roomId]", { path: { roomId: 7 } }, ["chat.message.7"]],
    ["get({ context }) { return context.id; }", { context: { id: 1 } }, 1],
    ["function ({ a }) { return this === undefined && a; }", { a: 1 }, 1],
    ["() => {}", {}, undefined],
    ["() => null", {}, null],
    ["() => [undefined, NaN, -0, 1 / 0]", {}, [null, null, 0, null]],
    ["() => ({ a: undefined, b: () => 1, c: Symbol() })", {}, {}],
    ["() => new Date(0)", {}, "1970-01-01T00:00:00.000Z"],
    ["() => true", {}, true],
    ["() => [new Boolean(true), 'true']", {}, [true, "true"]],
    ["() => 'line\\nbreak \\u2028 \\ud83d\\ude00'", {}, "line\nbreak \u2028 😀"],
    ["({ a }) => a", { a: "\n \r \u2028 😀 \ud800" }, "\n \r \u2028 😀 \ud800"],
    [
      "({ a, b }) => [a, typeof b]",
      { a: new Date(0), b: undefined },
      ["1970-01-01T00:00:00.000Z", "undefined"],
    ],
    ["(all) => typeof all", undefined, "object"],
    ["() => new Date(2020, 0).toISOString()", {}, "2020-01-01T00:00:00.000Z"],
    ["() => new Intl.NumberFormat().resolvedOptions().locale", {}, "en-US"],
    ["() => (1234.5).toLocaleString()", {}, "1,234.5"],
    ["() => new Intl.DateTimeFormat().resolvedOptions().timeZone", {}, "UTC"],
  ])("%s", async (source, argument, expected) => {
    expect(await run(source, argument)).toEqual(expected);
  });

  test("reports where it runs", () => {
    const fn = box.compile("({ a }) => a.b", {
      label: "x",
      service: "x",
      console: () => {},
      onLimitExceeded: () => {},
    });
    expect(fn).toMatchObject({ tier: "isolate", sync: false, reads: [["a", "b"]] });
    expect(fn.reason).toBeTruthy();
  });

  test("calls of one turn of the event loop get their own results, in order", async () => {
    const twice = compiled(box, "({ n }) => n * 2");
    const calls = Array.from({ length: 500 }, (_, n) => twice.call({ n }));
    expect(await Promise.all(calls)).toEqual(calls.map((_, n) => n * 2));
  });
});

describe("S11.1 a result that is not data is an error", () => {
  test.each([
    ["a promise", "() => Promise.resolve(1)", /promise/],
    ["a promise that never settles", "() => new Promise(() => {})", /promise/],
    ["an inner async function's", "() => (async () => 1)()", /promise/],
    ["a promise within", "() => ({ a: [Promise.resolve(1)] })", /promise/],
    ["a thenable", "() => ({ then() {} })", /promise/],
    ["a function", "() => () => 1", /function/],
    ["a symbol", "() => Symbol()", /symbol/],
    ["a BigInt", "() => ({ a: 1n })", /BigInt/],
    ["a cycle", "() => { const a = {}; a.a = a; return a; }", /circular/],
    ["a getter that throws", "() => ({ get a() { throw new Error('mine'); } })", /mine/],
    [
      "a boxed true",
      "() => new Boolean(true)",
      /an object, which JSON writes as true; return the value true/,
    ],
    ["a boxed false", "() => Object(false)", /writes as false/],
    ["true of a toJSON", "() => ({ toJSON: () => true })", /writes as true/],
    ["true of a function's toJSON", "() => Object.assign(() => 1, { toJSON: () => true })", /writes as true/],
    [
      "true of a proxy",
      "() => new Proxy({}, { get: (_, name) => name === 'toJSON' && (() => true) })",
      /true/,
    ],
    ["sandbox-25 a long one", "() => 'x'.repeat(2e6)", /2000002 characters of JSON; the maximum is 1000/],
  ])("%s", async (_kind, source, message) => {
    const failure = await compiled(box, source).failure();
    expect(failure).toMatch(/^FUNCTION_RESULT: player map: /);
    expect(failure).toMatch(message);
  });

  test.each([300, 2_000, 5_000, 100_000])("sandbox-24 a result nested %i levels deep", async (depth) => {
    const source = "({ depth }) => { let a = 1; while (depth--) a = [a]; return a; }";
    const fn = compiled(unlimited, source);
    if (depth <= 500) expect(JSON.stringify(await fn.call({ depth }))).toHaveLength(2 * depth + 1);
    else expect(await fn.failure({ depth })).toMatch(/^FUNCTION_RESULT: .*(deeper|stack)/);
  });

  test("sandbox-22 a member __proto__ is removed", async () => {
    const result = await run(`() => JSON.parse('{"__proto__":{"polluted":1},"a":1}')`);
    expect(result).toEqual({ a: 1 });
    expect(Object.keys(Object(result))).toEqual(["a"]);
  });
});

describe("S11.1 a thrown error", () => {
  test("is reported with its place in the developer's source", async () => {
    const failure = await compiled(box, "({ a }) => {\n  const b = a.b;\n  return b.c.d;\n}").failure({
      a: {},
    });
    expect(failure).toContain(
      "FUNCTION_THREW: player map threw TypeError: Cannot read properties of undefined",
    );
    expect(failure).toContain("(line 3, column 12)");
    expect(failure).toContain("> 3 |   return b.c.d;");
  });

  test("has the right column in the first line, also in a method", async () => {
    expect(await compiled(box, "() => { throw new Error('x'); }").failure()).toContain("(line 1, column 15)");
    expect(await compiled(box, "get() { throw new Error('x'); }").failure()).toContain("(line 1, column 15)");
  });

  test.each([
    ["a string", "() => { throw 'no' }", "threw no"],
    ["nothing", "() => { throw undefined }", "threw undefined"],
    ["an object", "() => { throw { a: 1 } }", "threw [object Object]"],
    [
      "an object without prototype",
      "() => { throw Object.create(null) }",
      "threw a value without a description",
    ],
    [
      "an error with a name of its own",
      "() => { const e = new Error('a'); e.name = 'B'; throw e }",
      "threw B: a",
    ],
    [
      "an error of a class of its own",
      "() => { throw new (class C extends Error {})('a') }",
      "threw Error: a",
    ],
    [
      "a stack that is too deep",
      "() => { const f = () => f(); f() }",
      "threw RangeError: Maximum call stack",
    ],
  ])("%s", async (_kind, source, message) => {
    expect(await compiled(box, source).failure()).toContain(message);
  });

  test("sandbox-20 a message of 10 MB is truncated", async () => {
    const failure = await compiled(box, "() => { throw new Error('x'.repeat(1e7)) }").failure();
    expect(failure).toMatch(/^FUNCTION_THREW/);
    expect(failure.length).toBeLessThan(2000);
  });
});

describe("S11.1 util and console", () => {
  test("util is a global, and a member of the argument where a function reads it there (S7.4)", async () => {
    expect(await run("({ n }) => [util.double(n), util.text.shout('a'), util.limits.max]", { n: 2 })).toEqual(
      [4, "A!", 10],
    );
    expect(await run("({ n, util }) => util.double(n)", { n: 2 })).toBe(4);
    expect(await run("(all) => all.util.double(all.n)", { n: 2 })).toBe(4);
    expect(await run("(all) => all", { n: 2 })).toEqual({ n: 2 });
    expect(await run("({ util }) => util", { util: "mine" })).toBe("mine");
  });

  test("util's data is a copy that no function can change", async () => {
    expect(await compiled(box, "() => { util.limits.max = 1; }").failure()).toContain("read only");
    expect(await compiled(box, "() => { util.double.leak = 1; }").failure()).toContain("not extensible");
    expect(shared.limits.max).toBe(10);
  });

  test.each([
    [
      "one that names something outside",
      { add: (n: number) => n + shared.limits.max },
      /util\.add: The name "shared" does not exist in the sandbox/,
    ],
    ["a native one", { max: Math.max }, /util\.max/],
    ["an async one", { late: async () => 1 }, /util\.late: The function is async/],
    ["a symbol", { data: [Symbol("x")] }, /util\.data\[0\]: is a symbol/],
    ["a cycle", cycle(), /deeper than 20 levels/],
  ])("a util that cannot be sent is rejected with its path: %s", (_kind, util, message) => {
    expect(() => sandbox({ util })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
    );
  });

  test("console output arrives as text and has no other effect", async () => {
    const fn = compiled(
      box,
      `({ a }) => {
        console.log("a", a, [1], undefined); console.debug(1); console.info(2n); console.warn(new Error("w"));
        console.error({ get x() { throw new Error("no"); } }); return a; }`,
    );
    expect(await fn.call({ a: { b: 1 } })).toEqual({ b: 1 });
    expect(fn.lines).toEqual([
      'log: a {"b":1} [1] undefined',
      "debug: 1",
      "info: 2",
      "warn: Error: w",
      "error: [object Object]",
    ]);
    await fn.call({ a: 1 });
    expect(fn.lines).toHaveLength(10);
  });

  test("console lines are limited in number and length, and arrive also from a failing call", async () => {
    const fn = compiled(
      box,
      "() => { for (let i = 0; i < 1000; i++) console.log('x'.repeat(1e4)); throw 1; }",
    );
    expect(await fn.failure()).toMatch(/FUNCTION_THREW/);
    expect(fn.lines).toHaveLength(51);
    expect(fn.lines[0]).toHaveLength("log: ".length + 1001);
    expect(fn.lines.at(-1)).toBe("warn: Further console output of this call is dropped.");
  });
});

describe("S2.6 opaque values", () => {
  const file = { filename: "a.png", mimetype: "image/png", encoding: "7bit", createReadStream: () => 1 };

  test("a function sees metadata of a file, a stream and bytes; the result contains the values", async () => {
    const stream = Readable.from(["a"]);
    const bytes = Buffer.from("abc");
    const argument = { file, stream, bytes };
    expect(await run("({ file }) => [file.filename, file.mimetype, Object.keys(file)]", argument)).toEqual([
      "a.png",
      "image/png",
      ["filename", "mimetype", "encoding"],
    ]);
    const result = await run(
      "({ file, stream, bytes }) => ({ avatar: file, list: [stream, bytes], n: bytes.byteLength })",
      argument,
    );
    expect(result).toEqual({ avatar: file, list: [stream, bytes], n: 3 });
    expect(Reflect.get(Object(result), "avatar")).toBe(file);
    expect(await run("({ stream }) => stream", argument)).toBe(stream);
  });

  test("a function can neither change nor imitate a token", async () => {
    expect(await compiled(box, "({ file }) => { file.filename = 'b'; }").failure({ file })).toContain(
      "read only",
    );
    expect(await run("({ file }) => ({ ...file })", { file })).toEqual({
      filename: "a.png",
      mimetype: "image/png",
      encoding: "7bit",
    });
  });
});

describe("sandbox-21 functions are isolated from each other", () => {
  const attempts: [string, string][] = [
    ["a method of arrays", "() => { Array.prototype.map = () => 'pwn'; }"],
    ["a member of all objects", "() => { Object.prototype.polluted = 1; }"],
    ["a member by __proto__", "() => { ({}).__proto__.polluted = 1; }"],
    ["a global", "() => { globalThis.polluted = 1; }"],
    ["an undeclared name", "() => { polluted = 1; }"],
    ["JSON", "() => { JSON.stringify = () => '\"pwn\"'; }"],
    ["console", "() => { console.log = () => {}; }"],
    ["the format of stacks", "() => { Error.prepareStackTrace = () => { for (;;); }; }"],
    [
      "a prototype that only syntax leads to",
      "() => { (function* () {}).constructor.prototype.polluted = 1; }",
    ],
    ["an inherited method that instances can override", "() => { Object.prototype.toString = () => 'pwn'; }"],
    [
      "its accessor",
      "() => { Object.getOwnPropertyDescriptor(Object.prototype, 'toString').get.polluted = 1; }",
    ],
    ["itself", "function self() { self.polluted = 1; }"],
    ["its prototype", "function self() { self.prototype.polluted = 1; }"],
  ];

  test.each(attempts)("%s cannot be changed", async (_kind, source) => {
    expect(await compiled(box, source, "attacker").failure()).toMatch(
      /FUNCTION_THREW: .*(TypeError|ReferenceError)/,
    );
    const probe = "() => [({}).polluted, typeof polluted, [1].map(String), String({}), JSON.stringify([1])]";
    const clean = [null, "undefined", ["1"], "[object Object]", "[1]"];
    expect(await compiled(box, probe, "attacker").call()).toEqual(clean);
    expect(await compiled(box, probe, "victim").call()).toEqual(clean);
  });

  test("the last match of a regular expression is not visible", async () => {
    await run("({ a }) => /secret-(\\w+)/.test(a)", { a: "secret-abc" });
    expect(await run("() => [RegExp.$1, RegExp.lastMatch, RegExp.input]")).toEqual([null, null, null]);
  });

  test("objects can override inherited members", async () => {
    const source = `() => {
      const a = {}; a.toString = () => "mine"; a.constructor = 1;
      const e = new TypeError("x"); e.message = "y"; e.name = "Z";
      class C extends Map { toString() { return "C"; } }
      return [String(a), a.constructor, String(e), String(new C()), Object.keys(a)];
    }`;
    expect(await run(source)).toEqual(["mine", 1, "Z: y", "C", ["toString", "constructor"]]);
  });
});

describe("sandbox-14 sandbox-15 sandbox-16 sandbox-17 names that do not exist", () => {
  test.each([
    ["Function('return process')()", /Function is not defined/],
    ["(() => {}).constructor('return process')()", /EvalError/],
    ["(async () => {}).constructor('return 1')", /EvalError/],
    ["(function* () {}).constructor('return 1')", /EvalError/],
    ["eval('1')", /eval is not defined/],
    ["require('node:fs')", /require is not defined/],
    ["process.exit()", /process is not defined/],
    ["fetch('http://127.0.0.1')", /fetch is not defined/],
    ["setTimeout(() => {})", /setTimeout is not defined/],
    ["new WebAssembly.Module()", /WebAssembly is not defined/],
    ["new SharedArrayBuffer(8)", /SharedArrayBuffer is not defined/],
    ["Atomics.wait()", /Atomics is not defined/],
    ["new WeakRef({})", /WeakRef is not defined/],
    ["new FinalizationRegistry(() => {})", /FinalizationRegistry is not defined/],
  ])("%s", async (expression, message) => {
    expect(await compiled(box, `() => ${expression}`).failure()).toMatch(message);
  });

  test("import() is an error", async () => {
    expect(await compiled(box, "() => import('node:fs')").failure()).toMatch(/FUNCTION_(THREW|RESULT)/);
  });

  test("the globals are the listed ones, and none leads to the host", async () => {
    const names = await run(
      "() => Object.getOwnPropertyNames(globalThis).filter((name) => !/Error$|Array$/.test(name)).sort()",
    );
    expect(names).toEqual(
      (
        "ArrayBuffer BigInt Boolean DataView Date Infinity Intl Iterator JSON Map Math NaN Number Object " +
        "Promise Proxy Reflect RegExp Set String Symbol WeakMap WeakSet console decodeURI " +
        "decodeURIComponent encodeURI encodeURIComponent escape globalThis isFinite isNaN parseFloat " +
        "parseInt undefined unescape util"
      ).split(" "),
    );
    expect(
      await run(
        "function () { return [arguments.length, typeof arguments[1], new Error().stack.includes('file:')] }",
      ),
    ).toEqual([1, "undefined", false]);
  });
});

describe("options", () => {
  test.each<[string, Record<string, number>, RegExp]>([
    ["an unknown one", { timeOut: 1 }, /timeOut/],
    ["no time", { timeout: 0 }, /timeout/],
    ["too little memory", { memory: 1 }, /memory/],
  ])("%s is rejected", (_kind, options, message) => {
    expect(() => sandbox(options)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
    );
  });
});

function cycle(): Record<string, unknown> {
  const fn: Record<string, unknown> = {};
  fn.self = fn;
  return fn;
}
