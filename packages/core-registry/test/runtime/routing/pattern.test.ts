import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonicalSegment,
  expandPattern,
  isUnder,
  type PathPattern,
  parsePattern,
  shapeOf,
} from "../../../src/runtime/index.ts";

function parsed(path: string, basePath?: string): PathPattern {
  const result = parsePattern(path, basePath);
  expect(result.problems).toEqual([]);
  if (result.pattern === undefined) throw new Error("no pattern");
  return result.pattern;
}

describe("S4.2 path patterns", () => {
  test("static, parameter, optional, regex and rest segments are distinguished", () => {
    expect(parsed("/players/:id/:tab?/:n(\\d+)/*rest").segments).toEqual([
      { kind: "static", text: "players" },
      { kind: "parameter", name: "id", optional: false, regex: undefined },
      { kind: "parameter", name: "tab", optional: true, regex: undefined },
      { kind: "parameter", name: "n", optional: false, regex: "\\d+" },
      { kind: "rest", name: "rest" },
    ]);
    expect(parsed("/files/**").segments.at(-1)).toEqual({ kind: "rest", name: undefined });
  });

  test.each([
    ["/players", "/", "/players"],
    ["/players", "", "/players"],
    ["/players/", "/:id/", "/players/:id"],
    ["/", "/", "/"],
    ["", "/", "/"],
    ["/v1/:tenant", "/players", "/v1/:tenant/players"],
  ])("basePath %s and path %s make %s", (basePath, path, whole) => {
    expect(parsed(path, basePath).path).toBe(whole);
  });

  test("S4.6 a shape is an expansion of the optionals with names removed", () => {
    expect(parsed("/a/:b?/c/:d?").shapes).toEqual(["/a/:/c/:", "/a/:/c", "/a/c/:", "/a/c"]);
    expect(parsed("/:id").shapes).toEqual(parsed("/:name").shapes);
    expect(parsed("/:id(\\d+)").shapes).not.toEqual(parsed("/:name").shapes);
    expect(parsed("/a/:x?/:y?").shapes).toEqual(["/a/:/:", "/a/:", "/a"]);
    expect(parsed("/f/*path").shapes).toEqual(["/f/**"]);
  });

  test("static text has the canonical percent-encoding", () => {
    expect(parsed("/caf%c3%a9").shapes).toEqual(["/caf%C3%A9"]);
    expect(parsed("/café").shapes).toEqual(["/caf%C3%A9"]);
    expect(parsed("/a@b,c").shapes).toEqual(["/a@b,c"]);
  });

  test.each([
    ["players", "A path must begin with a slash."],
    ["/a//b", "A segment of the path is empty."],
    ["/a/../b", "never matches a request"],
    ["/a/%zz", "never matches a request"],
    ["/a?b=c", "is not valid"],
    ["/a:b", "is not valid"],
    ["/:", "is not valid"],
    ["/:a-:b", "is not valid"],
    ["/:id+", "is not valid"],
    ["/*", "is not valid"],
    ["/*rest/more", "must be the last segment"],
    ["/**/more", "must be the last segment"],
    ["/:id/x/:id", "two parameters with the name"],
    ["/:__proto__", "cannot have the name '__proto__'"],
    ["/:constructor", "cannot have the name 'constructor'"],
    ["/*prototype", "cannot have the name 'prototype'"],
    ["/:a?/:b?/:c?/:d?/:e?", "too many optional"],
    [`/${"x".repeat(2000)}`, "too long"],
  ])("%s is refused: %s", (path, message) => {
    const result = parsePattern(path);
    expect(result.pattern).toBeUndefined();
    expect(result.problems.map((problem) => problem.message).join()).toContain(message);
    for (const problem of result.problems) expect(problem.expected).not.toBe("");
  });

  test("all problems are found in one pass, with their texts", () => {
    const { problems } = parsePattern("/:a-b/:__proto__", "x");
    expect(problems.map((problem) => problem.part)).toEqual(["basePath", "path", "path"]);
  });

  test.each(["(?:a+)+", "(?:a|a)+", "a*a*b", ".*.*x", "(?:\\w|\\d)*z"])(
    "hostile-02 the regex %s is refused: it is not linear",
    (regex) => {
      expect(parsePattern(`/:id(${regex})`).problems[0]?.message).toContain("linear");
    },
  );

  test.each(["(a)", "^a", "a$", "(?=a)b", "(?<n>a)", "a\\b", "[a-z", "a/b", "[^/]+", "[a(]", "é", ""])(
    "the regex %s is refused",
    (regex) => {
      expect(parsePattern(`/:id(${regex})`).problems).not.toEqual([]);
    },
  );

  test.each(["\\d+", "[a-z0-9-]+", "(?:new|old)", "\\d{4}-\\d{2}", "a\\(b\\)", "x|y", "[^a$]+"])(
    "the regex %s is accepted",
    (regex) => {
      expect(parsePattern(`/:id(${regex})`).problems).toEqual([]);
    },
  );

  test("S4.6 reports patterns on or below a reserved path, not patterns that could match one", () => {
    const reserved = ["/graphql", "/admin/console"];
    expect(isUnder(parsed("/graphql"), reserved)).toBe("/graphql");
    expect(isUnder(parsed("/graphql/:x"), reserved)).toBe("/graphql");
    expect(isUnder(parsed("/:x?/graphql"), reserved)).toBe("/graphql");
    expect(isUnder(parsed("/admin/console"), reserved)).toBe("/admin/console");
    expect(isUnder(parsed("/~status"), [])).toBe("/~");
    expect(isUnder(parsed("/%7Estatus"), [])).toBe("/~");
    expect(isUnder(parsed("/:any"), reserved)).toBeUndefined();
    expect(isUnder(parsed("/admin"), reserved)).toBeUndefined();
    expect(isUnder(parsed("/graphqls"), reserved)).toBeUndefined();
  });
});

describe("properties of patterns", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const segment = fc.oneof(
    name,
    name.map((text) => `:${text}`),
    name.map((text) => `:${text}(\\d+)`),
  );

  test("parsing any text ends with a pattern or with problems", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.string({ maxLength: 20 }),
        (path, base) => {
          const result = parsePattern(path, base);
          expect(result.pattern === undefined).toBe(result.problems.length > 0);
        },
      ),
    );
  });

  test("a pattern parsed again from its own path is the same", () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const { pattern } = parsePattern(`/${segments.join("/")}`);
        if (pattern !== undefined) expect(parsePattern(pattern.path).pattern).toEqual(pattern);
      }),
    );
  });

  test("no expansion has an optional left, and the shapes are those of the expansions", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 4 }), (optionals) => {
        const path = optionals.map((optional, index) => `/:p${index}${optional ? "?" : ""}`).join("");
        const { segments, shapes } = parsed(path);
        const expansions = expandPattern(segments);
        expect(expansions).toHaveLength(2 ** optionals.filter(Boolean).length);
        expect(new Set(expansions.map(shapeOf))).toEqual(new Set(shapes));
      }),
    );
  });

  test("a canonical segment is unchanged and has the same meaning", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), (text) => {
        const once = canonicalSegment(encodeURIComponent(text));
        if (once === undefined) throw new Error("not encoded");
        expect(canonicalSegment(once)).toBe(once);
        expect(decodeURIComponent(once)).toBe(text);
        expect(once).not.toContain("/");
      }),
    );
  });
});
