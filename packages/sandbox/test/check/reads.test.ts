import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { covers, type Path, type Paths } from "../../src/check/paths.ts";
import { sandbox } from "../../src/index.ts";

// Thousands of generated functions take long on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const { check } = sandbox();
const reads = (source: string): Paths | "all" => check(source).reads;

describe("S11.3 what a function reads of its argument", () => {
  test.each<[string, Paths | "all"]>([
    ["() => 1", []],
    ["({ source }) => source.name", [["source", "name"]]],
    ["(all) => all.context.auth.scope", [["context", "auth", "scope"]]],
    ["({ context: { auth: { scope } } }) => scope[0]", [["context", "auth", "scope"]]],
    ["({ context: c }) => { const { auth: who } = c; return who.id; }", [["context", "auth", "id"]]],
    ["({ context }) => { const d = context; return d.ip; }", [["context", "ip"]]],
    ["({ context }) => { let d = context; d = 1; return d.ip; }", [["context", "ip"]]],
    ["({ params, ip }) => params[ip] + params.id", [["ip"], ["params"]]],
    ["({ source, args, context }) => source.a", [["source", "a"]]],
    ["({ context: { auth } }) => 1", [["context", "auth"]]],
    [
      "({ params }) => params['id'] + params['a b']",
      [
        ["params", "id"],
        ["params", "a b"],
      ],
    ],
    ["({ params }) => params.list[0].id", [["params", "list"]]],
    ["({ params, key }) => params[key].x", [["key"], ["params"]]],
    ["({ path }) => path.roomId.toUpperCase()", [["path", "roomId"]]],
    ["({ path }) => path?.roomId.toUpperCase()", [["path"]]],
    ["({ context }) => context.auth?.scope", [["context", "auth", "scope"]]],
    ["({ context }) => context.auth?.user.name", [["context", "auth"]]],
    ["({ context }) => (context.auth ?? {}).scope", [["context", "auth"]]],
    ["({ context: { auth = {} } }) => auth.scope", [["context", "auth"]]],
    ["({ context }) => JSON.stringify(context)", [["context"]]],
    ["({ context }) => ({ ...context })", [["context"]]],
    ["({ context }) => { const { ip, ...rest } = context; return rest.auth; }", [["context"]]],
    ["({ source }) => source.items.map((item) => item.id)", [["source", "items"]]],
    ["({ source }) => { for (const { id } of source.items) if (id) return id; }", [["source", "items"]]],
    ["({ list: [first] }) => first.id", [["list"]]],
    [
      "({ a, b }) => (a.x ? a.y : b).z",
      [
        ["a", "x"],
        ["b", "z"],
        ["a", "y", "z"],
      ],
    ],
    ["({ a }) => 'x' in a", [["a"]]],
    ["({ a }) => () => a.b", [["a", "b"]]],
    ["({ a }) => { const a1 = () => b.c; const b = a; return a1(); }", [["a", "c"]]],
    ["({ a }) => { { const a = { b: 1 }; return a.b; } }", []],
    ["({ a }) => ((a) => a.b)({})", []],
    ["({ a }) => ((c) => c.b)(a)", [["a"]]],
    ["(all = {}) => all.a", [["a"]]],
    ["({ a, util }) => util.is(a.b)", [["a", "b"]]],
    ["get({ context }) { return context.id; }", [["context", "id"]]],
    ["(all) => all", "all"],
    ["(all) => f(all)", "all"],
    ["(all) => { const { a, ...rest } = all; return rest; }", "all"],
    ["({ a, ...rest }) => rest", "all"],
    ["(...all) => all[0].a", "all"],
    ["(all) => Object.keys(all)", "all"],
    ["(all, key) => all[key]", "all"],
    ["function () { return arguments[0].a; }", "all"],
    ["(all) => eval('all.a')", "all"],
    [
      "({ a: { b: { c: { d: { e: { f: { g: { h: { i: { j } } } } } } } } } }) => j",
      [["a", "b", "c", "d", "e", "f", "g", "h"]],
    ],
    ["(all) => { var x = all.x; for (;;) { var x = x.x; if (!x) return 1; } }", [["x"]]],
  ])("%s", (source, expected) => {
    expect(reads(source)).toEqual(expected);
  });

  test.each<[source: string, path: Path, column: number | undefined]>([
    ["({ quer }) => quer.a", ["quer"], 4],
    ["({ quer }) => quer.a", ["quer", "a"], 20],
    ["(all) => all.path.idd", ["path", "idd"], 19],
    ["({ path: { idd: id } }) => id", ["path", "idd"], 12],
    ["({ path: p }) => { const { idd } = p; return idd; }", ["path", "idd"], 28],
    ["({ path }) => path.idd + path.idd", ["path", "idd"], 20],
    ["get({ path }) { return path.idd; }", ["path", "idd"], 29],
    // The member can have a value of its own, or the variable another value.
    ["({ path }) => { path.idd = 1; return path.idd; }", ["path", "idd"], undefined],
    ["({ path }) => { path.idd ??= 1; return path.idd; }", ["path", "idd"], undefined],
    ["({ path }) => { [path.idd] = [1]; return path.idd; }", ["path", "idd"], undefined],
    ["({ path }) => { const p = path; p.idd = 1; return path.idd; }", ["path", "idd"], undefined],
    ["({ path }) => { let p = path; p = { idd: 1 }; return p.idd; }", ["path", "idd"], undefined],
    ["({ path }) => { let p; p = path; return p.idd; }", ["path", "idd"], undefined],
    ["({ path, query }) => (path ?? query).idd", ["path", "idd"], undefined],
    // What the text does not name.
    ["({ path }) => path", ["path", "idd"], undefined],
    ["({ ...all }) => all.quer", ["quer"], undefined],
  ])("S1.7: %s names %j at column %s", (source, path, column) => {
    expect(check(source).locate?.(path)?.column).toBe(column);
  });

  const argument = {
    context: { auth: { scope: ["a", "b"], id: 1, user: { name: "n" } }, ip: "::1", none: null },
    params: { id: 1, list: [{ id: 2, auth: 3 }], auth: { scope: "s" } },
    source: { auth: null, id: "i" },
    auth: { context: "context" },
    id: { auth: "auth", id: "id" },
  };

  test("a function reads nothing that its paths do not cover", () => {
    fc.assert(
      fc.property(functionText, (source) => {
        const found = reads(source);
        if (found === "all") return;
        for (const seen of observe(source, argument)) {
          const covered = found.some(
            (path) => covers(path, seen.path) || (!seen.whole && covers(seen.path, path)),
          );
          expect(covered, `${source}\nread ${seen.path.join(".")}, not in ${JSON.stringify(found)}`).toBe(
            true,
          );
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a function returns the same where it gets only what it reads", () => {
    fc.assert(
      fc.property(functionText, (source) => {
        const found = reads(source);
        if (found === "all") return;
        const less: object = found.reduce<object>((into, path) => pick(argument, into, path), {});
        expect(outcome(source, less), `${source}\nreads ${JSON.stringify(found)}`).toBe(
          outcome(source, argument),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

/** Copies the value at a path; where the path ends early, the last value on it. */
function pick(from: unknown, into: object, [name, ...rest]: Path): object {
  if (name === undefined || typeof from !== "object" || from === null || !Object.hasOwn(from, name))
    return into;
  const value: unknown = Reflect.get(from, name);
  const there: unknown = Reflect.get(into, name);
  const deeper = typeof value === "object" && value !== null && rest.length > 0;
  const copy = deeper ? pick(value, typeof there === "object" && there !== null ? there : {}, rest) : value;
  return Object.assign(into, { [name]: structuredClone(copy) });
}

function outcome(source: string, argument: object): string {
  const run: unknown = new Function(`"use strict"; return (${source})`)();
  try {
    return typeof run === "function" ? String(JSON.stringify(run(structuredClone(argument)))) : "no function";
  } catch (error) {
    return error instanceof Error ? error.name : "thrown";
  }
}

interface Seen {
  readonly path: Path;
  /** True where the whole value was read, not only one of its members. */
  readonly whole: boolean;
}

/** Runs a function on a proxy of the argument that records every access. */
function observe(source: string, argument: object): Seen[] {
  const seen: Seen[] = [];
  const paths = new WeakMap<object, Path>();
  const record = (value: unknown, path: Path): unknown => {
    if (typeof value !== "object" || value === null) {
      seen.push({ path, whole: false });
      return value;
    }
    const proxy: object = new Proxy(value, {
      get(target, key, receiver) {
        const member: unknown = Reflect.get(target, key, receiver);
        if (typeof key === "symbol" || !Object.hasOwn(target, key)) {
          seen.push({ path: typeof key === "symbol" ? path : [...path, key], whole: false });
          return member;
        }
        return record(member, [...path, key]);
      },
      has: (target, key) => {
        seen.push({ path: typeof key === "symbol" ? path : [...path, key], whole: true });
        return Reflect.has(target, key);
      },
      ownKeys: (target) => {
        seen.push({ path, whole: true });
        return Reflect.ownKeys(target);
      },
    });
    paths.set(proxy, path);
    return proxy;
  };
  const run: unknown = new Function(`"use strict"; return (${source})`)();
  const wrapped = new Proxy(argument, {
    get: (target, key) =>
      typeof key === "symbol" || !Object.hasOwn(target, key)
        ? undefined
        : record(Reflect.get(target, key), [key]),
  });
  let result: unknown;
  try {
    result = typeof run === "function" ? run(wrapped) : undefined;
  } catch {
    // The accesses before the error count.
  }
  const whole = typeof result === "object" && result !== null ? paths.get(result) : undefined;
  if (whole !== undefined) seen.push({ path: whole, whole: true });
  return seen;
}

const key = fc.constantFrom(
  "context",
  "params",
  "source",
  "auth",
  "scope",
  "id",
  "user",
  "name",
  "list",
  "none",
);
const variable = fc.constantFrom("a", "b", "c", "d");
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  return {
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      variable,
      fc.tuple(inner, key).map(([of, name]) => `${of}.${name}`),
      fc.tuple(inner, key).map(([of, name]) => `${of}?.${name}`),
      fc.tuple(inner, key).map(([of, name]) => `${of}["${name}"]`),
      fc.tuple(inner, inner).map(([of, name]) => `${of}[${name}]`),
      fc.tuple(inner, inner).map(([one, other]) => `(${one} ?? ${other})`),
      fc.tuple(inner, inner).map(([one, other]) => `(${one} && ${other})`),
      fc.tuple(inner, inner, inner).map(([test, one, other]) => `(${test} ? ${one} : ${other})`),
      fc.tuple(inner, inner).map(([one, other]) => `(${one}, ${other})`),
      fc.tuple(inner, key).map(([of, name]) => `({ ${name}: ${of} }).${name}`),
      fc.tuple(inner, key).map(([of, name]) => `({ ...${of} }).${name}`),
      fc.tuple(inner, key).map(([of, name]) => `((v) => v.${name})(${of})`),
      fc.tuple(inner, key).map(([of, name]) => `(() => ${of})().${name}`),
      fc.tuple(inner, key).map(([of, name]) => `[${of}].map((v) => v.${name})[0]`),
      inner.map((of) => `Object.keys(${of} ?? {})`),
      inner.map((of) => `String(${of}?.id).trim()`),
    ),
  };
});
const statement = fc.oneof(
  fc
    .tuple(fc.constantFrom("var", "var"), variable, expression)
    .map(([kind, name, of]) => `${kind} ${name} = ${of};`),
  fc.tuple(key, variable, expression).map(([name, to, of]) => `var { ${name}: ${to} } = ${of};`),
  fc
    .tuple(key, key, variable, expression)
    .map(([outer, name, to, of]) => `var { ${outer}: { ${name}: ${to} } = {} } = ${of} ?? {};`),
  fc
    .tuple(key, variable, expression)
    .map(([name, to, of]) => `var { ${name}: ${to} = 1, ...c } = ${of} ?? {};`),
  fc.tuple(variable, expression).map(([to, of]) => `${to} = ${of};`),
  fc.tuple(variable, expression).map(([to, of]) => `for (var ${to} of [${of}]) ${to}?.id;`),
  fc.tuple(expression, expression).map(([test, of]) => `if (${test}) return ${of};`),
);
const parameter = fc.oneof(
  fc.constant("a"),
  fc.constant("{ context: a, params: b }"),
  fc.constant("{ context: { auth: a = {} }, source: { id: b, ...d } }"),
  fc.constant("{ auth: a, context: b, id: c }"),
);
const functionText = fc
  .tuple(parameter, fc.array(statement, { maxLength: 4 }), expression)
  .map(
    ([first, statements, result]) =>
      `function (${first}) { ${statements.join(" ")} return ${result}; var b, c, d; }`,
  );
