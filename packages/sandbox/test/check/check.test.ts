import type { FunctionCheck } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { sandbox } from "../../src/index.ts";

const { check, compile } = sandbox();
const codes = ({ problems }: FunctionCheck): string[] => problems.map(({ code }) => code);

describe("S11.1 sources of functions", () => {
  test.each([
    ["an arrow", "({ source }) => source.name"],
    ["an arrow with a body", "({ source }) => {\n  return source.name;\n}"],
    ["an arrow in parentheses", "(({ source }) => source.name)"],
    ["an arrow with a semicolon", "({ source }) => source.name;\n"],
    ["an arrow with a comment at its end", "({ source }) => source.name // the name;"],
    ["a function", "function ({ source }) { return source.name; }"],
    ["a named function", "function name({ source }) { return source.name; }"],
    ["a method", "get({ context }) { return context.auth.scope; }"],
    ["a method named by a string", '"a b"({ context }) { return context.auth; }'],
    ["a method named like a keyword", "delete({ params }) { return params.id; }"],
    ["no parameter", "() => true"],
  ])("%s is accepted", (_kind, source) => {
    expect(check(source)).toMatchObject({ ok: true, problems: [] });
  });

  test.each([
    ["an expression", "1 + 1", "FUNCTION_NOT_A_FUNCTION"],
    ["a call", "evil()", "FUNCTION_NOT_A_FUNCTION"],
    ["nothing", " \n ", "FUNCTION_SYNTAX"],
    ["a class", "class A {}", "FUNCTION_NOT_A_FUNCTION"],
    ["a getter", "get name() { return 1; }", "FUNCTION_NOT_A_FUNCTION"],
    ["a method with a computed name", "[evil()]() { return 1; }", "FUNCTION_SYNTAX"],
    ["a statement", "const a = 1", "FUNCTION_SYNTAX"],
    ["two functions", "() => 1, () => 2", "FUNCTION_NOT_A_FUNCTION"],
    ["two methods", "a() {}, b() {}", "FUNCTION_NOT_A_FUNCTION"],
    ["an async arrow", "async () => 1", "FUNCTION_ASYNC"],
    ["an async function", "async function () { return 1; }", "FUNCTION_ASYNC"],
    ["an async method", "async get() { return 1; }", "FUNCTION_ASYNC"],
    ["a generator", "function* () { yield 1; }", "FUNCTION_ASYNC"],
    ["a generator method", "*get() { yield 1; }", "FUNCTION_ASYNC"],
    ["await", "() => await fetch('x')", "FUNCTION_SYNTAX"],
    ["with", "(a) => { with (a) { return b; } }", "FUNCTION_SYNTAX"],
  ])("%s is rejected", (_kind, source, code) => {
    expect(check(source)).toMatchObject({ ok: false, problems: [{ severity: "error", code }] });
  });

  test.each([
    "})();evil(",
    ")();evil((",
    "() => 1)();evil(",
    "() => 1})();evil(",
    "() => 1); (() => 2",
    "a() {}})();evil({b() {}",
    "a() {}}), ({ b() {}",
    "() => 1\n)}evil(",
    "() => 1 /*",
    "() => `",
  ])("sandbox-27 a source cannot break out of the code around it: %s", (source) => {
    expect(check(source).ok).toBe(false);
  });

  test("sandbox-27 a source of more than 64 KiB is rejected with the reason", () => {
    const long = `() => "${"x".repeat(1024 * 1024)}"`;
    const [problem] = check(long).problems;
    expect(problem).toMatchObject({ code: "FUNCTION_SYNTAX", line: 1, column: 1 });
    expect(problem?.message).toContain("the maximum is 65536");
  });

  test.each([
    ["arrows", `${"() => ".repeat(9000)}1`],
    ["parentheses", `() => ${"(".repeat(30000)}1${")".repeat(30000)}`],
    ["arrays", `() => ${"[".repeat(30000)}1${"]".repeat(30000)}`],
    ["members", `(a) => a${".b".repeat(30000)}`],
    ["sums", `(a) => a${"+a".repeat(30000)}`],
    ["comments", `${"/**/".repeat(16000)}(`],
    ["spaces", `() =>${" ".repeat(60000)}return 1`],
    ["spaces in between", `() => 1${" ".repeat(60000)}x`],
  ])("never throws or hangs, however many %s", (_kind, source) => {
    // CPU time, since a busy machine makes everything take longer.
    const before = process.threadCpuUsage();
    expect(typeof check(source).ok).toBe("boolean");
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
  });

  test("a source is parsed once", () => {
    expect(check("({ a }) => a")).toBe(check("({ a }) => a"));
  });

  test("compile throws the error that check found, with the lines around it", () => {
    const options = { label: "x", service: "x", console: () => {}, onLimitExceeded: () => {} };
    expect(() => compile("({ a }) =>\n  a +", options)).toThrow(
      expect.objectContaining({
        code: "FUNCTION_SYNTAX",
        message: expect.stringMatching(/line 2.*\n.*\n> 2 \|/),
      }),
    );
  });
});

describe("S11.3 problems have a place in the developer's source", () => {
  test("an arrow function with `return` but without braces", () => {
    const source = "({ source, context, info }) => return source.someSpecialFieldForThisType != null";
    expect(check(source).problems).toEqual([
      {
        severity: "error",
        code: "FUNCTION_SYNTAX",
        message: "Unexpected token.",
        hint: "An arrow function has either an expression (`=> value`) or braces (`=> { return value; }`).",
        line: 1,
        column: 32,
        frame: `> 1 | ${source}\n    |${" ".repeat(32)}^`,
      },
    ]);
  });

  test.each([
    ["(({ source }: any) => {\n  return source.size;\n})", 1, 13],
    ["({ source }) =>\n  source.size as number", 2, 15],
    ["({ source }) => source!.size", 1, 23],
    ["(source?: any) => source", 1, 9],
  ])("TypeScript: %j", (source, line, column) => {
    const [problem] = check(source).problems;
    expect(problem).toMatchObject({ code: "FUNCTION_SYNTAX", line, column });
    expect(problem?.hint).toMatch(/TypeScript/);
  });

  test("in a method", () => {
    const [problem] = check("get({ context }) {\n  return 1 +;\n}").problems;
    expect(problem).toMatchObject({ code: "FUNCTION_SYNTAX", line: 2, column: 13 });
    expect(problem?.frame).toContain("> 2 |   return 1 +;");
  });

  test("at the end of an incomplete source", () => {
    expect(check("({ a }) => {\n  a").problems[0]).toMatchObject({ line: 2, column: 4 });
  });

  test("S7.4 a second parameter is a warning", () => {
    const found = check("(action, params, context) => true");
    expect(found).toMatchObject({ ok: true, problems: [{ severity: "warning", line: 1, column: 10 }] });
    expect(codes(found)).toEqual(["FUNCTION_PARAMETERS"]);
  });
});

describe("S11.3 a free name is a warning with its position", () => {
  test.each([
    ["a coverage tool's", "({ a }) => { __cov_1.s[0]++; return a; }", "__cov_1", 14, /coverage/],
    ["a bundler's", "({ a }) => __vite_ssr_import_0__.x(a)", "__vite_ssr_import_0__", 12, /bundler/],
    ["a compiler's", "({ a }) => __assign({}, a)", "__assign", 12, /compiler/],
    ["Node's", "() => process.env.SECRET", "process", 7, /no Node/],
    ["a closure's", "({ a }) => a === secret", "secret", 18, /sent without the code around/],
    ["a removed global", "() => new WebAssembly.Module()", "WebAssembly", 11, /does not have it/],
    ["eval", "() => eval('1')", "eval", 7, /does not have it/],
    ["Function", "() => Function('return 1')()", "Function", 7, /does not have it/],
  ])("%s", (_kind, source, name, column, hint) => {
    const { ok, problems } = check(source);
    expect(ok).toBe(true);
    expect(problems).toEqual([
      expect.objectContaining({ severity: "warning", code: "FUNCTION_FREE_NAME", line: 1, column }),
    ]);
    expect(problems[0]?.message).toContain(`"${name}"`);
    expect(problems[0]?.hint).toMatch(hint);
  });

  test("globals, `util`, `console`, parameters, locals and operands of typeof are not free", () => {
    const source = `function self({ a, ...rest }, { length } = []) {
      const b = new Map([[a, util.x]]), c = (d) => d ?? self;
      try { console.log(JSON.stringify(b), Math.PI); } catch (error) { return error; }
      label: for (const e of Object.keys(rest)) { if (typeof window !== "undefined") break label; c(e); }
      class F {}
      return new F() ?? length;
    }`;
    expect(codes(check(source))).toEqual(["FUNCTION_PARAMETERS"]);
  });

  test("each name is reported once", () => {
    expect(codes(check("() => lodash.a(lodash.b(lodash))"))).toEqual(["FUNCTION_FREE_NAME"]);
  });
});

describe("purity of a function", () => {
  test.each([
    ["({ a }) => a.b", true],
    ["({ a }) => a.items.map((item) => item.id)", true],
    ["({ a }) => { const twice = (x) => x * 2; return twice(a); }", true],
    ["({ a }) => String(a) + new Map([[1, 2]]).size", true],
    ["() => Promise.resolve(1)", false],
    ["() => (async () => 1)()", false],
    ["() => import('x')", false],
    ["() => ({ then() {} })", false],
    ["() => Array.fromAsync([])", false],
    ["({ a }) => Array[a]([])", false],
    ["({ f }) => f()", false],
    ["() => globalThis.Promise.resolve()", false],
    ["() => [].constructor", false],
    ["() => unknown()", false],
  ])("%s certainly returns a value, not a promise: %s", (source, sync) => {
    expect(check(source).sync).toBe(sync);
  });

  test.each([
    ["({ a }) => a", false],
    ["() => Date.now()", true],
    ["() => new Date()", true],
    ["() => new Date().getFullYear()", true],
    ["() => Date()", true],
    ["({ a }) => new Date(a).toISOString()", false],
    ["({ a }) => new Date(...a)", true],
    ["() => Date.UTC(2020)", false],
    ["() => Math.random()", true],
    ["() => Math['random']()", true],
    ["({ a }) => Math.max(a, 1)", false],
    ["({ a }) => Math[a]()", true],
    ["() => { const { random } = Math; return random(); }", true],
    ["() => new Intl.DateTimeFormat().format()", true],
    ["() => globalThis.Date.now()", true],
    ["() => new ((() => 1)().constructor)()", true],
    ["({ Date }) => Date.now", false],
  ])("%s reads the time or random numbers: %s", (source, volatile) => {
    expect(check(source).volatile).toBe(volatile);
  });

  test("the purity of `util` counts where a function uses it", () => {
    const shared = sandbox({ util: { now: () => Date.now(), later: () => Promise.resolve(1) } });
    expect(shared.check("({ a }) => a")).toMatchObject({ sync: true, volatile: false });
    expect(shared.check("() => util.now()")).toMatchObject({ sync: false, volatile: true });
    expect(shared.check("({ util: u }) => u")).toMatchObject({ sync: false, volatile: true });
    expect(check("({ util }) => util.x")).toMatchObject({ sync: true, volatile: false });
  });
});
