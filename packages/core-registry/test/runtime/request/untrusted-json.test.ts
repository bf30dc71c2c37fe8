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
