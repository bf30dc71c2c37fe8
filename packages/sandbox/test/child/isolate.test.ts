import fc from "fast-check";
import { expect, test } from "vitest";
import { isDeeperThan } from "../../src/child/isolate.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("finds out how deeply JSON is nested, whatever its strings contain", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (value, levels) => {
      const json = JSON.stringify(value);
      // Short JSON is never deep; the function counts the levels of the rest.
      expect(isDeeperThan(json, levels)).toBe(json.length > 2 * levels && depthOf(value) > levels);
      expect(json.length <= 2 * levels && depthOf(value) > levels).toBe(false);
    }),
  );
  expect(isDeeperThan(JSON.stringify({ a: '[[[["{{{\\"[[[', b: "\\" }), 1)).toBe(false);
});
