import type { CompiledRule, Finding, Json, Policy } from "@tidegate/core-registry";
import { canonicalJson } from "@tidegate/core-registry/runtime";
import type { CheckContext } from "../suite/check.ts";
import { validate } from "../suite/schema.ts";
import { isPlainJson, reversedMembers } from "../suite/values.ts";
import {
  compileExample,
  decide,
  type PolicyCheck,
  type PolicySuite,
  policyTools,
  preview,
  type RuleExample,
  startedPolicy,
} from "./driver.ts";

/** Checks invalid rules, the requirements of rules, and how they compare. */
export const changeChecks: readonly PolicyCheck[] = [
  {
    title: "invalid rules are refused by the schema or by a finding",
    needs: ({ invalidRules = [] }) =>
      invalidRules.length > 0 ? undefined : "the suite has no `invalidRules`",
    run: async (suite, check) => {
      for (const rule of suite.invalidRules ?? []) await isRefused(suite, check, rule);
    },
  },
  {
    title: "requirements are plain JSON, and equal for equal rules",
    run: async (suite, check) => {
      for (const example of suite.rules) {
        const [one, other] = [example.rule, reversedMembers(structuredClone(example.rule))];
        const before = await requirementsOf(suite, check, { ...example, rule: one });
        const after = await requirementsOf(suite, check, { ...example, rule: other });
        check.clause("The rule's requirements as data. Rules with equal data are equal.");
        check.ok(isPlainJson(before), "requirements are plain JSON", before);
        check.ok(
          canonicalJson(before) === canonicalJson(after),
          `the same rule has the same requirements: ${canonicalJson(before)}`,
          canonicalJson(after),
        );
      }
    },
  },
  {
    title: "compare is `wider`, `narrower` or `unclear`, and the opposite for the way back",
    needs: needsCompare,
    run: async (suite, check) => {
      for (const [one, other] of await pairs(suite, check)) {
        const there = compare(check, suite.make(), one.requirements, other.requirements);
        const back = compare(check, suite.make(), other.requirements, one.requirements);
        check.clause("How a changed rule changes access. The way back has the opposite result.");
        const texts = `from ${preview(one.requirements)} to ${preview(other.requirements)}`;
        check.equal(back, opposite[there], `compare() for the way back, where it is '${there}' ${texts},`);
      }
      const known = (await pairs(suite, check))[0]?.[0].requirements ?? null;
      for (const unknown of [null, 7, "text", [], {}, [{}]]) {
        compare(check, suite.make(), unknown, known);
        compare(check, suite.make(), known, unknown);
      }
    },
  },
  {
    title: "compare gives the access of the examples: what it calls narrower allows no one more",
    needs: needsCompare,
    run: async (suite, check) => {
      for (const [one, other] of await pairs(suite, check)) await tellsTheTruth(suite, check, one, other);
      for (const { before, after, access } of suite.changes ?? []) {
        const requirements = [
          await requirementsOf(suite, check, { rule: before }),
          await requirementsOf(suite, check, { rule: after }),
        ] as const;
        check.clause("How a changed rule changes access: wider, narrower, or unclear.");
        const seen = compare(check, suite.make(), ...requirements);
        check.equal(seen, access, `compare() from ${preview(before)} to ${preview(after)}`);
      }
    },
  },
];

const opposite = { wider: "narrower", narrower: "wider", unclear: "unclear" } as const;

/** An example with its requirements. */
interface Compared {
  readonly example: RuleExample;
  readonly requirements: Json;
}

function needsCompare({ make }: PolicySuite): string | undefined {
  return make().compare === undefined ? "the policy has no compare" : undefined;
}

async function isRefused(suite: PolicySuite, check: CheckContext, rule: unknown): Promise<void> {
  const policy = await startedPolicy(suite, check);
  const result = await validate(check, policy.schema, rule);
  if ("issues" in result) return;
  const findings: Finding[] = [];
  check.clause("Reports problems with `tools.addFinding`; it does not throw.");
  await check.wait(
    Promise.try(() => policy.compile(result.value, policyTools(suite, "call", findings))),
    `compile() resolves for the invalid rule ${preview(rule)}`,
  );
  check.clause("An invalid rule is refused by the schema, or by an error among the findings of `compile`.");
  const isFound = findings.some(({ severity }) => severity === "error");
  check.ok(isFound, `${preview(rule)} is refused`, { issues: 0, findings });
}

async function requirementsOf(suite: PolicySuite, check: CheckContext, example: RuleExample): Promise<Json> {
  const { requirements } = await compileExample(suite, check, example);
  return requirements ?? (example.rule as Json);
}

/** All pairs of examples with different requirements. */
async function pairs(suite: PolicySuite, check: CheckContext): Promise<(readonly [Compared, Compared])[]> {
  const all: Compared[] = [];
  for (const example of suite.rules)
    all.push({ example, requirements: await requirementsOf(suite, check, example) });
  return all.flatMap((one, index) =>
    all
      .slice(index + 1)
      .filter((other) => canonicalJson(other.requirements) !== canonicalJson(one.requirements))
      .map((other) => [one, other] as const),
  );
}

function compare(
  check: CheckContext,
  policy: Policy,
  before: Json,
  after: Json,
): "wider" | "narrower" | "unclear" {
  check.clause("Compares the requirements of a changed rule, also those of another version of the policy.");
  let result: unknown;
  try {
    result = policy.compare?.(before, after);
  } catch (error) {
    check.ok(false, `compare() does not throw for ${preview(before)} and ${preview(after)}`, error);
  }
  if (result === "wider" || result === "narrower" || result === "unclear") return result;
  check.ok(false, "compare() returns `wider`, `narrower` or `unclear`", result);
  return "unclear";
}

/** No access of the examples contradicts what `compare` says about two rules. */
async function tellsTheTruth(
  suite: PolicySuite,
  check: CheckContext,
  one: Compared,
  other: Compared,
): Promise<void> {
  const change = compare(check, suite.make(), one.requirements, other.requirements);
  if (change === "unclear" || (one.example.kind ?? "call") !== (other.example.kind ?? "call")) return;
  const [narrow, wide] = change === "wider" ? [one, other] : [other, one];
  for (const access of [one, other].flatMap(({ example: { allows = [], denies = [] } }) => [
    ...allows,
    ...denies,
  ])) {
    const inNarrow = await allowedBy(suite, check, narrow, access);
    const inWide = await allowedBy(suite, check, wide, access);
    check.clause("`narrower`: fewer clients have access. `wider`: more clients have access.");
    const texts = `from ${preview(one.requirements)} to ${preview(other.requirements)}`;
    check.ok(
      inWide || !inNarrow,
      `where compare() is '${change}' ${texts}, the wider rule allows what the other allows`,
      access,
    );
  }
}

async function allowedBy(
  suite: PolicySuite,
  check: CheckContext,
  { example }: Compared,
  access: Parameters<typeof decide>[2],
): Promise<boolean> {
  const compiled: CompiledRule = await compileExample(suite, check, example);
  return (await decide(check, compiled, access, example.kind)).allowed;
}
