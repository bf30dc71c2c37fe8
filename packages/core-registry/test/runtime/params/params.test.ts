import { contextOf } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { Sources } from "../../../src/contracts/connector.ts";
import type { Json, JsonSchema } from "../../../src/contracts/json.ts";
import type { Scope } from "../../../src/contracts/scope.ts";
import { compileParams, type ParamsOptions } from "../../../src/runtime/params/params.ts";
import { collector, directoryOf, restSources, scopeOf, testBroker } from "../connectors/kit.ts";

const directory = directoryOf(testBroker(), {});

function compiled(mapping: Json | undefined, parts: Partial<ParamsOptions> = {}) {
  const { findings, addFinding } = collector();
  const params = compileParams(mapping, {
    sources: restSources,
    implicit: ["path", "query"],
    batching: false,
    jsonPath: "params",
    contexts: ["auth", "id"],
    implicitParams: false,
    addFinding,
    ...parts,
  });
  return { params, findings };
}

function made(mapping: Json | undefined, sources: Sources, scope: Partial<Scope> = {}): unknown {
  const { params, findings } = compiled(mapping);
  expect(findings.filter((finding) => finding.severity === "error")).toEqual([]);
  return params.make(sources, scopeOf(directory, scope), undefined);
}

describe("S3 mapping", () => {
  test("`@body` is the complete params, whatever its value", () => {
    const file = { createReadStream: () => undefined };
    expect(made("@body", { body: { a: 1 } })).toEqual({ a: 1 });
    expect(made("@body", { body: file })).toBe(file);
    expect(made("@body", { body: null })).toBe(null);
    expect(made("@body", { body: undefined })).toEqual({});
  });

  test("a path of properties, to any depth; a numeric key indexes an array", () => {
    const body = { team: { players: [{ name: "Son" }] } };
    expect(made({ n: "@body.team.players.0.name", m: "@body.team.players.1.name" }, { body })).toEqual({
      n: "Son",
    });
  });

  test("texts that begin with no source are literals at any depth; nested references resolve", () => {
    const mapping = { a: "plain", b: ["x", { c: 1, d: "@path.id" }, "query.bar"], e: null, f: false };
    expect(made(mapping, { path: { id: "7" } })).toEqual({
      a: "plain",
      b: ["x", { c: 1, d: "7" }, "query.bar"],
      e: null,
      f: false,
    });
  });

  test("S3.4 a whole source becomes a plain object without the refused names, at any depth", () => {
    const hostile = '{"__proto__":{"a":1},"constructor":"c","prototype":"p","kept":["x"]}';
    const query: Record<string, unknown> = Object.assign(Object.create(null), { list: ["a", "b"], one: "1" });
    Object.defineProperty(query, "__proto__", { value: "x", enumerable: true });
    const body = { deep: [{ deeper: JSON.parse(hostile) }], empty: Object.create(null) };
    expect(made("@query", { query })).toStrictEqual({ list: ["a", "b"], one: "1" });
    expect(made({ q: "@query", b: "@body", e: "@body.empty" }, { query, body })).toStrictEqual({
      q: { list: ["a", "b"], one: "1" },
      b: { deep: [{ deeper: { kept: ["x"] } }], empty: {} },
      e: {},
    });
    expect(Object.keys(query)).toContain("__proto__");
  });

  test("S3.4 a value that is plain already, a file, a date and bytes are not copied", () => {
    const file = { filename: "a", createReadStream: () => undefined };
    const body = { a: [{ b: 1 }], file, at: new Date(0), bytes: Buffer.from("a") };
    expect(made("@body", { body })).toBe(body);
  });

  test("each request has its own literals: an action that changes them affects no other request", () => {
    const { params } = compiled({ tags: ["a"], meta: { x: 1 } });
    const first = params.make({}, scopeOf(directory), undefined) as { tags: string[]; meta: { x: number } };
    first.tags.push("b");
    first.meta.x = 2;
    expect(params.make({}, scopeOf(directory), undefined)).toEqual({ tags: ["a"], meta: { x: 1 } });
  });

  test("S3.2 absent values are left out, also in a list; an explicit null is sent", () => {
    const sources = { path: {}, query: { b: ["1", "2"] }, body: { n: null } };
    expect(
      made({ a: "@path.a", n: "@body.n", q: ["@query.a", "@query.b"], o: { a: "@path.a" } }, sources),
    ).toEqual({
      n: null,
      q: [["1", "2"]],
      o: {},
    });
    expect(made({ n: "@body.n:number" }, sources)).toEqual({ n: null });
  });

  test("the context's views are read, not its values", () => {
    const context = {
      ...contextOf({}),
      view: (name: string) => (name === "auth" ? { identity: { sub: "me" } } : undefined),
    };
    expect(made({ id: "@context.auth.identity.sub", no: "@context.auth.token" }, {}, { context })).toEqual({
      id: "me",
    });
    expect(compiled({ id: "@context.auth.identity.sub" }).params.contexts).toEqual(["auth"]);
    expect(compiled("@context").params.contexts).toEqual(["auth", "id"]);
  });

  test("S3.4 only own properties are read", () => {
    const body = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"s":"text","f":1}');
    for (const text of [
      "@body.__proto__",
      "@body.constructor.prototype",
      "@body.prototype",
      "@path.x.constructor",
    ]) {
      const { params, findings } = compiled({ a: text });
      expect(params.make({ body, path: {} }, scopeOf(directory), undefined)).toEqual({});
      expect(findings).toMatchObject([{ severity: "warning", code: "PARAMS_NEVER", jsonPath: "params.a" }]);
    }
    expect(
      made({ a: "@body.toString", b: "@body.s.length", c: "@query.hasOwnProperty" }, { body, query: {} }),
    ).toEqual({});
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each(["__proto__", "constructor", "prototype"])(
    "S3.4 a param with the name %s is refused, at any depth",
    (name) => {
      const mapping: Json = JSON.parse(`{"${name}":"@body.x","a":[{"${name}":1}]}`);
      expect(compiled(mapping).findings).toMatchObject([
        { severity: "error", jsonPath: `params.${name}` },
        { severity: "error", jsonPath: `params.a[0].${name}` },
      ]);
    },
  );
});

describe("S3.2 casts", () => {
  const numbers: [unknown, unknown][] = [
    ["12", 12],
    ["-1.5e3", -1500],
    [7, 7],
    ["0", 0],
    ["9007199254740991", 9007199254740991],
  ];
  test.each(numbers)(":number makes %j %j", (found, wanted) => {
    expect(made({ n: "@body.n:number" }, { body: { n: found } })).toEqual({ n: wanted });
  });

  test.each(["", " ", "1 ", "0x10", "Infinity", "NaN", "1,5", "9007199254740993", true, [1], {}])(
    ":number refuses %j",
    (found) => {
      expect(() => made({ n: "@body.n:number" }, { body: { n: found } })).toThrow(
        /`n` must be a number; @body.n:number is /,
      );
    },
  );

  test.each([
    ["true", true],
    ["false", false],
    ["1", true],
    ["0", false],
    ["", true],
    [true, true],
    [0, false],
  ])(":boolean makes %j %j", (found, wanted) => {
    expect(made({ b: "@query.b:boolean" }, { query: { b: found } })).toEqual({ b: wanted });
  });

  test.each(["yes", "TRUE", "2", 2, ["true"]])(":boolean refuses %j", (found) => {
    expect(() => made({ b: "@query.b:boolean" }, { query: { b: found } })).toThrow(
      "`b` must be true, false, 1 or 0",
    );
  });

  test(":string writes numbers and booleans, and refuses lists and objects", () => {
    expect(made({ a: "@body.a:string", b: "@body.b:string" }, { body: { a: 1, b: false } })).toEqual({
      a: "1",
      b: "false",
    });
    expect(() => made({ a: "@body.a:string" }, { body: { a: [1] } })).toThrow("`a` must be a string");
  });

  test("a failed cast is 400 with the param, its source, the expected type and the found value", () => {
    const run = () => made({ page: { size: ["@query.size:number"] } }, { query: { size: "big" } });
    expect(run).toThrow(
      expect.objectContaining({
        code: "BAD_USER_INPUT",
        status: 400,
        details: {
          data: {
            parameter: "page.size[0]",
            source: "@query.size:number",
            expected: "a number",
            found: '"big"',
          },
        },
      }),
    );
  });

  test("clients do not receive context values", () => {
    const context = contextOf({ auth: "secret" });
    expect(() => made({ n: "@context.auth:number" }, {}, { context })).toThrow(/^(?!.*secret)/);
  });
});

describe("S3.1 sources", () => {
  test("a source of another protocol is an error", () => {
    expect(compiled({ a: "@args.id" }).findings).toMatchObject([
      {
        severity: "error",
        code: "SOURCE_FOREIGN",
        jsonPath: "params.a",
        expected: "one of @path, @query, @body, @context",
      },
    ]);
  });

  test("any other `@word` is a literal, with a warning", () => {
    const { params, findings } = compiled({ a: "@john", b: "@pathology.x" });
    expect(params.make({}, scopeOf(directory), undefined)).toEqual({ a: "@john", b: "@pathology.x" });
    expect(findings.map((finding) => [finding.severity, finding.jsonPath])).toEqual([
      ["warning", "params.a"],
      ["warning", "params.b"],
    ]);
  });

  test("an unknown context is a warning", () => {
    expect(compiled({ a: "@context.user.player.id" }).findings).toMatchObject([
      { severity: "warning", code: "CONTEXT_UNKNOWN", expected: "one of auth, id" },
    ]);
  });

  test("an invalid reference to a source is an error with its column", () => {
    expect(compiled({ a: "@path.id:int" }).findings).toMatchObject([
      { severity: "error", jsonPath: "params.a", line: 1, column: 9 },
    ]);
  });

  test("`[]` outside of GraphQL is an error; in GraphQL only top-level params are batched", () => {
    expect(compiled({ id: "@path.id[]" }).findings).toMatchObject([
      { severity: "error", code: "BATCHING_INVALID" },
    ]);
    const { params, findings } = compiled({ id: "@path.id[]" }, { batching: true });
    expect(params.batched).toEqual(["id"]);
    expect(findings).toEqual([]);
    expect(compiled({ a: { id: "@path.id[]" } }, { batching: true }).findings).toMatchObject([
      { severity: "error" },
    ]);
  });
});

describe("S3.3 implicit params", () => {
  const declared: JsonSchema = {
    type: "object",
    properties: {
      id: { type: "integer" },
      limit: { type: "number" },
      draft: { type: "boolean" },
      name: { type: "string" },
      key: { type: ["number", "string"] },
      either: { anyOf: [{ type: "number" }, { type: "string" }] },
      tags: { type: "array", items: { type: "number" } },
      level: { enum: [1, 2, 3] },
      any: {},
    },
  };
  const fill = (
    mapping: Json | undefined,
    sources: Sources,
    schema: JsonSchema | undefined = declared,
  ): unknown => compiled(mapping, { implicitParams: true }).params.make(sources, scopeOf(directory), schema);

  test("declared types decide the casts of path and query; a union with string is not cast", () => {
    const query = {
      limit: "10",
      draft: "",
      name: "5",
      key: "6",
      either: "7",
      tags: ["1", "2"],
      level: "2",
      any: "x",
    };
    expect(fill(undefined, { path: { id: "1" }, query })).toEqual({
      id: 1,
      limit: 10,
      draft: true,
      name: "5",
      key: "6",
      either: "7",
      tags: [1, 2],
      level: 2,
      any: "x",
    });
  });

  test("one value of a declared list is a list of one", () => {
    expect(fill(undefined, { path: {}, query: { tags: "1" } })).toEqual({ tags: [1] });
  });

  test("the path comes before the query", () => {
    expect(fill(undefined, { path: { id: "1" }, query: { id: "2" } })).toEqual({ id: 1 });
  });

  test("members of the mapping are not filled in, also where their values are absent", () => {
    expect(fill({ id: "@path.nope" }, { path: { id: "1" }, query: { limit: "3" } })).toEqual({ limit: 3 });
  });

  test("values that the action does not declare are never sent", () => {
    expect(fill(undefined, { path: { id: "1" }, query: { admin: "true", __proto__: "x" } })).toEqual({
      id: 1,
    });
    expect(fill(undefined, { path: { id: "1" }, query: {} }, undefined as never)).toEqual({ id: 1 });
    const { params } = compiled(undefined, { implicitParams: true });
    expect(params.make({ path: { id: "1" } }, scopeOf(directory), undefined)).toEqual({});
  });

  test("declared names that never resolve are not filled in", () => {
    const schema: JsonSchema = { properties: JSON.parse('{"__proto__":{},"constructor":{}}') };
    const query = JSON.parse('{"__proto__":"x","constructor":"y"}');
    expect(fill(undefined, { path: {}, query }, schema)).toEqual({});
  });

  test("a failed cast is 400", () => {
    expect(() => fill(undefined, { path: { id: "1.5" }, query: {} })).toThrow(
      '`id` must be a whole number; @path.id is "1.5".',
    );
  });

  test("the values of a body are sent unchanged", () => {
    const { params } = compiled(undefined, { implicitParams: true, implicit: ["path", "body"] });
    const body = { limit: "10", draft: null };
    expect(params.make({ path: {}, body }, scopeOf(directory), declared)).toEqual({
      limit: "10",
      draft: null,
    });
    expect(params.make({ path: {}, body: [1] }, scopeOf(directory), { properties: { length: {} } })).toEqual(
      {},
    );
  });

  test("a mapping that is not an object has no implicit params", () => {
    expect(compiled("@body", { implicitParams: true }).params.implicit).toBe(false);
  });

  test("S3.4 a new declaration applies immediately", () => {
    const { params } = compiled(undefined, { implicitParams: true });
    const sources = { path: { id: "1" }, query: { more: "2" } };
    expect(params.make(sources, scopeOf(directory), declared)).toEqual({ id: 1 });
    expect(params.make(sources, scopeOf(directory), { properties: { more: { type: "number" } } })).toEqual({
      more: 2,
    });
    expect(params.make(sources, scopeOf(directory), declared)).toEqual({ id: 1 });
  });
});
