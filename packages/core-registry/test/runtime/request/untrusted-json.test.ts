import { expect, test } from "vitest";
import { parseUntrustedJson } from "../../../src/runtime/index.ts";

test("params-02 refused members are taken out at any depth, however they are written", () => {
  expect(
    parseUntrustedJson('{"a":[{"b":{"__proto__":1,"c":2}}],"constructor":{},"\\u0070rototype":3}'),
  ).toEqual({
    a: [{ b: { c: 2 } }],
  });
  expect(parseUntrustedJson('"__proto__"')).toBe("__proto__");
});

test("params-06 what nests deeper than 64 is refused before it is built; brackets in texts do not count", () => {
  expect(() => parseUntrustedJson("[".repeat(1_000_000))).toThrow(
    "The JSON is nested deeper than 64 levels.",
  );
  expect(parseUntrustedJson(`${"[".repeat(64)}${"]".repeat(64)}`)).toHaveLength(1);
  expect(parseUntrustedJson(JSON.stringify(["[".repeat(100)]))).toHaveLength(1);
});

test("what is no JSON is a SyntaxError", () => {
  expect(() => parseUntrustedJson("plain")).toThrow(SyntaxError);
});
