import type { CompiledRule } from "@tidegate/core-registry";
import { requestScope } from "../scopes.ts";
import type { CheckContext } from "../suite/check.ts";
import { hostileParams, hostileValues } from "../suite/values.ts";
import {
  type AccessExample,
  compileExample,
  contextsOf,
  decide,
  type PolicyCheck,
  type PolicySuite,
  preview,
  type RuleExample,
  startedPolicy,
} from "./driver.ts";

/** Checks what rules decide (S7). */
export const decisionChecks: readonly PolicyCheck[] = [
  {
    title: "rules decide as their examples say",
    run: async (suite, check) => {
      for (const example of suite.rules)
        await decidesAsSaid(check, await compileExample(suite, check, example), example);
    },
  },
  {
    title: "hostile input is decided, and denied where nothing proves access",
    run: async (suite, check) => {
      for (const example of suite.rules) await deniesHostileInput(suite, check, example);
    },
  },
  {
    title: "params, context values and rules are not changed",
    run: async (suite, check) => {
      for (const example of suite.rules) await changesNothing(suite, check, example);
    },
  },
  {
    title: "rules of one policy do not affect each other",
    run: async (suite, check) => {
      const policy = await startedPolicy(suite, check);
      const compiled: CompiledRule[] = [];
      for (const example of suite.rules) compiled.push(await compileExample(suite, check, example, policy));
      for (const example of suite.rules)
        await useWrongly(await compileExample(suite, check, example, policy));
      for (const [index, rule] of compiled.entries())
        await decidesAsSaid(check, rule, suite.rules[index] ?? { rule: undefined });
    },
  },
];

/** Lets a rule fail with input of every wrong kind, if it can. What it throws does not matter here. */
async function useWrongly(rule: CompiledRule): Promise<void> {
  for (const params of hostileValues) {
    const decided = Promise.try(() => rule.decide({ kind: "call", name: "", params, scope: requestScope() }));
    await decided.catch(() => undefined);
  }
}

async function decidesAsSaid(
  check: CheckContext,
  compiled: CompiledRule,
  { rule, kind, allows = [], denies = [] }: RuleExample,
): Promise<void> {
  for (const access of allows) {
    const verdict = await decide(check, compiled, access, kind);
    check.clause("Only `true` and a verdict with `allowed: true` allow the access.");
    check.equal(verdict.allowed, true, `allowed, by ${preview(rule)} for ${preview(access)},`);
  }
  for (const access of denies) {
    const verdict = await decide(check, compiled, access, kind);
    check.clause("A denial is `false` or a verdict with `allowed: false`.");
    check.equal(verdict.allowed, false, `allowed, by ${preview(rule)} for ${preview(access)},`);
    check.clause("An error code such as `RATE_LIMITED`, instead of `UNAUTHENTICATED` or `FORBIDDEN`.");
    if (access.code !== undefined) check.equal(verdict.code, access.code, "the code of the denial");
  }
}

async function deniesHostileInput(
  suite: PolicySuite,
  check: CheckContext,
  example: RuleExample,
): Promise<void> {
  const compiled = await compileExample(suite, check, example);
  const names = contextsOf(suite);
  const contexts = [
    {},
    ...hostileValues.map((value) => Object.fromEntries(names.map((name) => [name, value]))),
  ];
  const isProof = (example.allows ?? []).every(isProven);
  for (const context of contexts)
    for (const params of hostileParams()) {
      const { allowed } = await decide(check, compiled, { params, context }, example.kind);
      if (params !== undefined || !isProof) continue;
      check.clause("A rule denies where neither the context nor the params prove that access is allowed.");
      const what = `allowed, by ${preview(example.rule)} without params and with context ${preview(context)},`;
      check.equal(allowed, false, what);
    }
}

/** Whether an access has anything that can prove it. */
function isProven({ params, context = {} }: AccessExample): boolean {
  return params !== undefined || Object.keys(context).length > 0;
}

async function changesNothing(suite: PolicySuite, check: CheckContext, example: RuleExample): Promise<void> {
  const own = structuredClone(example);
  const compiled = await compileExample(suite, check, own);
  for (const access of [...(own.allows ?? []), ...(own.denies ?? [])])
    await decide(check, compiled, access, own.kind);
  check.clause("Rules, params and context values belong to the gateway: a policy only reads them.");
  check.equal(own, example, "the example after compile() and decide()");
}
