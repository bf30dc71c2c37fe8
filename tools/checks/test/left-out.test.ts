import { expect, test } from "vitest";
import { leftOutText } from "../src/left-out.ts";

test("a run says which tests were left out, and why; nothing where none was", () => {
  expect(leftOutText([{ name: "Moleculer on Redis", why: "redis-server is not installed" }])).toBe(
    "\nLeft out:\n  Moleculer on Redis: redis-server is not installed\n",
  );
  expect(leftOutText([])).toBe("");
});
