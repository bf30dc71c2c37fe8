import { expect, test } from "vitest";
import { codeFrame } from "../../../src/runtime/fragment/frames.ts";

test("S1: a code frame shows the lines around and marks the column", () => {
  expect(codeFrame("one\ntwo\nthree\nfour\nfive", 3, 2)).toBe(
    "  1 | one\n  2 | two\n> 3 | three\n    |  ^\n  4 | four\n  5 | five",
  );
});

test("S1: a minified line is truncated around the place", () => {
  const frame = codeFrame(`${"a".repeat(5_000)}!${"b".repeat(5_000)}`, 1, 5_001);
  const [line = "", mark = ""] = frame.split("\n");
  expect(line.length).toBeLessThan(200);
  expect(line[mark.indexOf("^")]).toBe("!");
});
