import { definePolicy } from "@tidegate/core-registry";
import { expect, test } from "vitest";
import { policyChecks, runChecks, testPolicy } from "../src/index.ts";
import { brokenPolicies, users, usersSchema, usersSuite } from "./broken-policies.ts";
import { brokenTable } from "./broken-table.ts";

testPolicy(usersSuite());

/** Allows two calls of each rule, then answers 429. It has state, and no optional member. */
const twice = () =>
  definePolicy({
    name: "twice",
    members: ["users"],
    schema: usersSchema,
    compile: () => {
      let count = 0;
      return { decide: () => ++count <= 2 || { allowed: false, code: "RATE_LIMITED", retryAfter: 1 } };
    },
  });

testPolicy({
  make: twice,
  rules: [{ rule: { users: [] }, allows: [{}, {}], denies: [{ code: "RATE_LIMITED" }] }],
});

test("a policy without optional members passes, with the reasons of its skipped checks (S17)", async () => {
  const { compare: _, start: __, dispose: ___, ...policy } = users();
  const { invalidRules: ____, changes: _____, ...suite } = usersSuite();
  const results = await runChecks(policyChecks, { ...suite, make: () => policy });
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  expect(new Set(results.flatMap((result) => (result.state === "skipped" ? [result.reason] : [])))).toEqual(
    new Set(["the suite has no `invalidRules`", "the policy has no compare"]),
  );
});

test("every broken policy fails, with the sentence that it breaks (S17)", async () => {
  const table = await brokenTable("policies", policyChecks, brokenPolicies);
  await expect(table).toMatchFileSnapshot("broken-policies.md");
});
