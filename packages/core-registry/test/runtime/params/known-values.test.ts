import { describe, expect, test } from "vitest";
import type { KnownValue } from "../../../src/contracts/connector.ts";
import { absentMember, knownNames, knownOfMapping } from "../../../src/runtime/params/known-values.ts";
import { compileParams } from "../../../src/runtime/params/params.ts";
import { collector, restSources } from "../connectors/kit.ts";

const known: Readonly<Record<string, KnownValue>> = {
  path: { id: "scalar", file: "any" },
  body: "never",
};

function warnings(mapping: string): readonly (string | undefined)[] {
  const { findings, addFinding } = collector();
  compileParams(
    { a: mapping },
    {
      sources: restSources,
      implicit: [],
      batching: false,
      jsonPath: "params",
      contexts: ["auth"],
      implicitParams: false,
      known,
      addFinding,
    },
  );
  return findings.map(({ severity, code, jsonPath, hint }) =>
    `${severity} ${code} ${jsonPath} ${hint ?? ""}`.trim(),
  );
}

describe("S1.7: what a protocol says of its sources", () => {
  test.each([
    ["@path.idd", ["warning PARAMS_NEVER params.a Did you mean `@path.id`?"]],
    ["@path.something", ["warning PARAMS_NEVER params.a"]],
    ["@path.id.x", ["warning PARAMS_NEVER params.a"]],
    ["@body", ["warning PARAMS_NEVER params.a"]],
    ["@body.x.y:number", ["warning PARAMS_NEVER params.a"]],
    ["@context.auht.id", ["warning CONTEXT_UNKNOWN params.a Did you mean `@context.auth`?"]],
    ["@qeury.x", ["warning SOURCE_UNKNOWN params.a Did you mean `@query`?"]],
    ["@path", []],
    ["@path.id", []],
    ["@path.file.name", []],
    ["@query.anything.at.all", []],
  ])("%s", (mapping, expected) => {
    expect(warnings(mapping)).toEqual(expected);
  });

  test("names of the prototype are no members", () => {
    for (const key of ["toString", "hasOwnProperty", "constructor"])
      expect(absentMember({ id: "scalar" }, [key], "closed")).toEqual({ keys: [key], siblings: ["id"] });
  });

  test("functions can read members of scalars, such as the length of a text", () => {
    expect(absentMember({ id: "scalar" }, ["id", "length"], "open")).toBeUndefined();
    expect(absentMember({ id: "scalar" }, ["id", "length"], "closed")).toEqual({
      keys: ["id", "length"],
      siblings: [],
    });
  });

  test("a mapping says which params there are, at any depth", () => {
    expect(knownOfMapping({ a: "@path.id", b: { c: 1 }, d: [1] })).toEqual({
      a: "any",
      b: { c: "any" },
      d: "any",
    });
    expect(knownOfMapping("@body")).toBe("any");
  });

  test("a message lists some of many names", () => {
    const { expected = "", hint } = knownNames(
      "n1O",
      Array.from({ length: 30 }, (_, index) => `n${index}`),
      "@args.",
    );
    expect(expected).toMatch(/^one of `@args\.n0`, .*`@args\.n19` and 10 others$/);
    expect(hint).toBe("Did you mean `@args.n1`?");
  });
});
