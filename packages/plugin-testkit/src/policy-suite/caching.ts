import type { Context } from "@tidegate/core-registry";
import { contextOf, requestScope } from "../scopes.ts";
import type { CheckContext } from "../suite/check.ts";
import {
  type AccessExample,
  compileExample,
  contextsOf,
  decide,
  type PolicyCheck,
  type PolicySuite,
  preview,
  type RuleExample,
} from "./driver.ts";

/** Checks what rules read, and how long their verdicts hold (S7.6). */
export const cachingChecks: readonly PolicyCheck[] = [
  {
    title: "everything that a rule reads of the context is in `reads`",
    run: async (suite, check) => {
      for (const example of suite.rules) await readsAsSaid(suite, check, example);
    },
  },
  {
    title: "a rule that reads the params says so",
    run: async (suite, check) => {
      for (const example of suite.rules) await readsParamsAsSaid(suite, check, example);
    },
  },
  {
    title: "`identity`: equal context values and params have equal verdicts (S7.6)",
    run: async (suite, check) => {
      let count = 0;
      for (const example of suite.rules) if (await isCacheable(suite, check, example)) count++;
      if (count === 0) check.skip("no rule has the cache `identity`");
    },
  },
];

async function readsAsSaid(suite: PolicySuite, check: CheckContext, example: RuleExample): Promise<void> {
  const compiled = await compileExample(suite, check, example);
  const reads = compiled.reads ?? [];
  check.clause("The names of the context values that it reads. They are prepared before `decide`.");
  const unknown = reads.filter((name) => !contextsOf(suite).includes(name));
  check.equal(unknown, [], `the list of names in \`reads\` that are no context value (${contextsOf(suite)})`);
  for (const access of accessesOf(example)) {
    const read = new Set<string>();
    const scope = requestScope({}, { context: observed(contextOf(access.context), read) });
    await decide(check, compiled, access, example.kind, scope);
    check.clause("The names of the context values that it reads. They are prepared before `decide`.");
    const missing = [...read].filter((name) => !reads.includes(name));
    check.equal(
      missing,
      [],
      `the list of context values that ${preview(example.rule)} reads beside \`reads\``,
    );
  }
}

/** Records the names of all values that are read. */
function observed(context: Context, read: Set<string>): Context {
  const note = (name: string): string => {
    read.add(name);
    return name;
  };
  return {
    ...context,
    get: (name) => context.get(note(name)),
    view: (name) => context.view(note(name)),
    views: (names) => context.views(names.map(note)),
    fork: () => observed(context.fork(), read),
  };
}

/** Compiles the rule anew for each decision, because a rule can count. */
async function readsParamsAsSaid(
  suite: PolicySuite,
  check: CheckContext,
  example: RuleExample,
): Promise<void> {
  const decided = async (access: AccessExample): Promise<boolean | undefined> => {
    const compiled = await compileExample(suite, check, example);
    if (compiled.readsParams === true) return undefined;
    return (await decide(check, compiled, access, example.kind)).allowed;
  };
  for (const access of accessesOf(example)) {
    const expected = await decided(access);
    if (expected === undefined) return;
    for (const params of [undefined, { other: "params" }]) {
      const seen = await decided({ ...access, params });
      check.clause("True: it reads the params. Default false.");
      const changed = `${preview(access)} with params ${preview(params)}`;
      const what = `allowed, by a rule without \`readsParams\` for ${changed},`;
      check.equal(seen, expected, what);
    }
  }
}

/** Checks a rule with the cache `identity`; returns false for any other rule. */
async function isCacheable(suite: PolicySuite, check: CheckContext, example: RuleExample): Promise<boolean> {
  const compiled = await compileExample(suite, check, example);
  if (compiled.cache !== "identity") return false;
  for (const access of accessesOf(example)) {
    const first = await decide(check, compiled, access, example.kind);
    for (const branch of ["master", "dev", "other"]) {
      const scope = requestScope(structuredClone(access.context), { branch, base: `/~${branch}` });
      const copy = structuredClone(access);
      const verdict = await decide(check, compiled, copy, example.kind, scope);
      check.clause("`identity`: a verdict can be cached while everything that the rule reads is equal.");
      check.equal(verdict.allowed, first.allowed, `allowed of the same access, ${preview(access)},`);
    }
  }
  return true;
}

function accessesOf({ allows = [], denies = [] }: RuleExample): readonly AccessExample[] {
  return [...allows, ...denies];
}
