import { contractCheck, lifecycleCheck } from "../suite/plugin.ts";
import { registerChecks } from "../suite/register.ts";
import { withOwnHarness } from "../suite/run.ts";
import { schemaChecks } from "../suite/schema.ts";
import { cachingChecks } from "./caching.ts";
import { changeChecks } from "./changes.ts";
import { decisionChecks } from "./decisions.ts";
import { compileRule, decide, type PolicyCheck, type PolicySuite } from "./driver.ts";

const schemaUse = ({ make, rules }: PolicySuite) => {
  const { schema, members } = make();
  return { schema, members, examples: rules.map(({ rule }) => rule) };
};

const checks: readonly PolicyCheck[] = [
  contractCheck("policy", ({ make }) => make()),
  ...schemaChecks("rule", schemaUse),
  ...decisionChecks,
  ...cachingChecks,
  ...changeChecks,
  lifecycleCheck(
    "policy",
    ({ make }) => make(),
    async (suite, check, policy) => {
      const rules = [];
      for (const example of suite.rules) {
        const { compiled } = await compileRule(suite, check, policy, example);
        for (const access of example.allows ?? []) await decide(check, compiled, access, example.kind);
        rules.push(compiled);
      }
      return rules;
    },
  ),
];

/** All checks of the contract of policies (S7, S17), as data for `runChecks`. */
export const policyChecks: readonly PolicyCheck[] = withOwnHarness(checks, (suite) => ({
  ...suite,
  rules: structuredClone(suite.rules),
}));

/** Registers the contract of policies (S7, S17) as a vitest suite. */
export function testPolicy(suite: PolicySuite): void {
  const { name = `the policy ${suite.make().name} fulfils its contract`, timeout } = suite;
  registerChecks(name, policyChecks, suite, timeout === undefined ? {} : { timeout });
}
