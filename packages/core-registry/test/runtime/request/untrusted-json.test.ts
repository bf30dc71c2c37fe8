import fc from "fast-check";
import { expect, test } from "vitest";
import { parseUntrustedJson } from "../../../src/runtime/index.ts";

test("params-02 refused members are removed at any depth, also with escapes", () => {
  expect(
    parseUntrustedJson('{"a":[{"b":{"__proto__":1,"c":2}}],"constructor":{},"\\u0070rototype":3}'),
  ).toEqual({
    a: [{ b: { c: 2 } }],
  });
  expect(parseUntrustedJson('"__proto__"')).toBe("__proto__");
});

test("params-06 refuses more than 64 levels before creating values; ignores brackets in texts", () => {
  expect(() => parseUntrustedJson("[".repeat(1_000_000))).toThrow(
    "The JSON is nested deeper than 64 levels.",
  );
  expect(parseUntrustedJson(`${"[".repeat(64)}${"]".repeat(64)}`)).toHaveLength(1);
  expect(parseUntrustedJson(JSON.stringify(["[".repeat(100)]))).toHaveLength(1);
});

test("invalid JSON is a SyntaxError", () => {
  expect(() => parseUntrustedJson("plain")).toThrow(SyntaxError);
});

test.each([
  ["9007199254740993", ""],
  ["[0,[1,-9007199254740993]]", "[1][1]"],
  ['{"a":{"b":[{"c":1e400}]},"d":1}', "a.b[0].c"],
  ['{"a":[1,2],"b":{},"c":"x,]}","d":[[],{"e":1},1e-999]}', "d[2]"],
  ['{"\\u0061\\"b":1e999}', '["a\\"b"]'],
  ['{"a":1e400,"a":1}', "a"],
])("S3.2 %s is refused, with the path of the number", (text, parameter) => {
  expect(() => parseUntrustedJson(text)).toThrow(
    expect.objectContaining({
      code: "BAD_USER_INPUT",
      details: expect.objectContaining({ data: expect.objectContaining({ parameter }) }),
    }),
  );
  expect(parseUntrustedJson(text, "any")).toEqual(JSON.parse(text));
});

test("S3.2 texts that are no JSON stay a SyntaxError, whatever their numbers are", () => {
  for (const text of ["9007199254740993x", "{1e400}", "[1e400", "1e400.1", "+1e400"])
    expect(() => parseUntrustedJson(text)).toThrow(SyntaxError);
});

test("S3.2 what JSON.stringify writes is accepted, except integers beyond 2^53-1", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      // JSON.stringify writes numbers from 2^53 to 10^21 as plain digits.
      fc.pre(!/(?<![.\d])\d{16}/.test(text));
      expect(parseUntrustedJson(text)).toEqual(parseUntrustedJson(text, "any"));
    }),
  );
});

test("S3.2 a number of a megabyte is judged in one pass", () => {
  for (const text of [`[1${"0".repeat(1_000_000)}1]`, `[0.${"0".repeat(500_000)}1${"0".repeat(500_000)}1]`])
    expect(() => parseUntrustedJson(text)).toThrow("must be a number");
});
