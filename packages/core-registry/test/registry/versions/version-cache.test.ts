import { expect, test } from "vitest";
import { createCompiledLimit } from "../../../src/registry/versions/version-cache.ts";

test("S9.5: a branch that was removed and created again is the one that is evicted", () => {
  const slept: string[] = [];
  const awake = createCompiledLimit(1);
  const sleep = (name: string) => () => void slept.push(name);
  awake.used("branch dev", sleep("the first"));
  awake.used("branch dev", sleep("the second"));
  expect(slept).toEqual([]);
  awake.used("branch other", sleep("other"));
  expect(slept).toEqual(["the second"]);
});
