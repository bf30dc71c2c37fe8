import fc from "fast-check";
import { expect, test } from "vitest";
import { deeperThan } from "../../src/child/depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("finds out how deep JSON is nested without being misled by strings", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (value, levels) => {
      const json = JSON.stringify(value);
      // Short text is never deep; the rest is counted.
      expect(deeperThan(json, levels)).toBe(json.length > 2 * levels && depthOf(value) > levels);
      expect(json.length <= 2 * levels && depthOf(value) > levels).toBe(false);
    }),
  );
  expect(deeperThan(JSON.stringify({ a: '[[[["{{{\\"[[[', b: "\\" }), 1)).toBe(false);
});
