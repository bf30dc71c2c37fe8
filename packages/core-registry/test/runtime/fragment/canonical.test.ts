import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, hash128 } from "../../../src/runtime/fragment/canonical.ts";

const shuffle = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffle);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffle(member)]),
  );
};

test("S1.4: key order does not matter, and nothing else is lost", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(shuffle(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("S9.4: a hash is 128 bits in hex", () => {
  expect(hash128("")).toBe("e3b0c44298fc1c149afbf4c8996fb924");
});
