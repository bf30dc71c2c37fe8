import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema, JsonSchema } from "../../contracts/json.ts";
import { nearestName } from "../../contracts/nearest-name.ts";
import type { AccessKind, Policy } from "../../contracts/policy.ts";
import { namePatternProblem } from "../names.ts";
import { isObject } from "../values.ts";
import { mostUnknown } from "./issues.ts";

/** A fragment's rules, checked (S7.1). */
export interface PolicyPart {
  /** Rules on actions. */
  readonly call?: readonly PolicyRule[];
  /** Rules on events that are sent. */
  readonly publish?: readonly PolicyRule[];
  /** Rules on events that are received. */
  readonly subscribe?: readonly PolicyRule[];
  /** Whether rules of the service that owns an action apply as well (S7.2). */
  readonly owner?: boolean;
}

/** One rule, checked. Its other members are the policies' own. */
export interface PolicyRule {
  /** What it is, for people: what a client is told whom it refuses. */
  readonly description?: string;
  /** Patterns of the actions that it guards, in `call`. */
  readonly actions?: readonly string[];
  /** Patterns of the events that it guards, in `publish` and `subscribe`. */
  readonly events?: readonly string[];
  /** What a policy asks. */
  readonly [member: string]: unknown;
}

/** How many patterns the rules of one kind may name in a fragment, all together. */
const mostPatterns = 1_000;

/** The kinds of rules in the order in which a fragment writes them. */
export const guardedKinds: readonly AccessKind[] = ["call", "publish", "subscribe"];

type Issue = StandardSchemaV1.Issue & { readonly params?: Readonly<Record<string, string>> };
type Path = readonly PropertyKey[];

/**
 * The schema of a fragment's `policy`, composed from the policies (S1.2, S7.1). A member that no policy knows is a
 * fault: left out, it would silently open access.
 *
 * @param off policies that were switched off: their members pass unchecked
 */
export function policySchema(
  policies: readonly Policy[],
  off: readonly Policy[] = [],
): DescribedSchema<PolicyPart> {
  const validate = async (value: unknown): Promise<StandardSchemaV1.Result<PolicyPart>> => {
    const issues = await partIssues(value, policies, off);
    return issues.length > 0 ? { issues } : { value: value as PolicyPart };
  };
  const describe = (): Record<string, unknown> => ({ ...partJsonSchema(policies) });
  return {
    "~standard": {
      version: 1,
      vendor: "tidegate",
      validate,
      jsonSchema: { input: describe, output: describe },
    },
  };
}

/** Which member names what a rule guards. */
export function namesMember(kind: AccessKind): "actions" | "events" {
  return kind === "call" ? "actions" : "events";
}

/** The members of a rule that are one policy's own; undefined where it has none of them. */
export function ownMembers(rule: PolicyRule, policy: Policy): Record<string, unknown> | undefined {
  const own = policy.members.filter((member) => Object.hasOwn(rule, member));
  return own.length === 0 ? undefined : Object.fromEntries(own.map((member) => [member, rule[member]]));
}

async function partIssues(
  part: unknown,
  policies: readonly Policy[],
  off: readonly Policy[],
): Promise<Issue[]> {
  if (!isObject(part)) return [{ message: "`policy` is an object.", path: [] }];
  const issues: Issue[] = [];
  for (const [member, value] of Object.entries(part)) {
    const kind = guardedKinds.find((each) => each === member);
    if (kind === undefined) {
      issues.push(
        ...(member === "owner" ? ownerIssues(value) : [unknownMember([member], [...guardedKinds, "owner"])]),
      );
    } else if (!Array.isArray(value)) issues.push({ message: "Rules are a list.", path: [kind] });
    else if (patternCount(value, kind) > mostPatterns)
      issues.push(tooManyPatterns(kind, patternCount(value, kind)));
    else {
      for (const [index, rule] of value.entries())
        issues.push(...(await ruleIssues(rule, kind, [kind, index], policies, off)));
    }
  }
  return issues;
}

// Each is held against every action or event that an endpoint names.
function tooManyPatterns(kind: AccessKind, count: number): Issue {
  const params = {
    code: "RULES_TOO_MANY",
    expected: `at most ${mostPatterns} in the rules of one kind`,
    found: `${count} patterns`,
    hint: "One pattern may stand for many names: `player.*`.",
  };
  return { message: `The rules name ${count} patterns.`, path: [kind], params };
}

function patternCount(rules: readonly unknown[], kind: AccessKind): number {
  let count = 0;
  for (const rule of rules) {
    const patterns = isObject(rule) ? rule[namesMember(kind)] : undefined;
    count += Array.isArray(patterns) ? Math.max(1, patterns.length) : 1;
  }
  return count;
}

function ownerIssues(value: unknown): Issue[] {
  return typeof value === "boolean" ? [] : [{ message: "`owner` is true or false.", path: ["owner"] }];
}

async function ruleIssues(
  rule: unknown,
  kind: AccessKind,
  path: Path,
  policies: readonly Policy[],
  off: readonly Policy[],
): Promise<Issue[]> {
  if (!isObject(rule)) return [{ message: "A rule is an object.", path }];
  const names = namesMember(kind);
  const known = ["description", names, ...[...policies, ...off].flatMap((policy) => policy.members)];
  const unknown = Object.keys(rule)
    .filter((member) => !known.includes(member))
    .slice(0, mostUnknown);
  const asked = await Promise.all(policies.map((policy) => policyIssues(rule, policy, path)));
  return [
    ...unknown.map((member) => unknownMember([...path, member], known)),
    ...descriptionIssues(rule.description, path),
    ...patternIssues(rule[names], names, path),
    ...asked.flat(),
  ];
}

function unknownMember(path: Path, known: readonly string[]): Issue {
  const member = String(path.at(-1));
  const meant = nearestName(member, known);
  const params = {
    expected: `one of ${known.map((name) => `\`${name}\``).join(", ")}`,
    found: `\`${member}\``,
    ...(meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` }),
  };
  return { message: `No policy knows \`${member}\`.`, path, params };
}

function descriptionIssues(value: unknown, path: Path): Issue[] {
  if (value === undefined || typeof value === "string") return [];
  return [{ message: "A description is a text.", path: [...path, "description"] }];
}

function patternIssues(value: unknown, names: string, path: Path): Issue[] {
  const at = [...path, names];
  if (!Array.isArray(value) || value.length === 0)
    return [
      { message: `A rule says in \`${names}\` what it guards: a list of patterns, not empty.`, path: at },
    ];
  return value.flatMap((pattern, index): Issue[] => {
    const message = typeof pattern === "string" ? namePatternProblem(pattern) : "A pattern is a text.";
    return message === undefined ? [] : [{ message, path: [...at, index] }];
  });
}

async function policyIssues(rule: PolicyRule, policy: Policy, path: Path): Promise<Issue[]> {
  const own = ownMembers(rule, policy);
  if (own === undefined) return [];
  const { issues = [] } = await policy.schema["~standard"].validate(own);
  return issues.map((issue) => ({ ...issue, path: [...path, ...(issue.path ?? []).map(keyOf)] }));
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): PropertyKey {
  return typeof segment === "object" ? segment.key : segment;
}

function partJsonSchema(policies: readonly Policy[]): JsonSchema {
  const members = Object.fromEntries(policies.flatMap(policyProperties));
  const rules = (kind: AccessKind): JsonSchema => ({
    type: "array",
    maxItems: mostPatterns,
    items: {
      type: "object",
      properties: {
        description: { type: "string" },
        [namesMember(kind)]: {
          type: "array",
          minItems: 1,
          items: { type: "string", pattern: "^[^!{}\\[\\]()?]+$" },
        },
        ...members,
      },
      required: [namesMember(kind)],
      additionalProperties: false,
    },
  });
  return {
    type: "object",
    properties: {
      call: rules("call"),
      publish: rules("publish"),
      subscribe: rules("subscribe"),
      owner: { type: "boolean" },
    },
    additionalProperties: false,
  };
}

function policyProperties(policy: Policy): [string, JsonSchema][] {
  const { properties } = policy.schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  return policy.members.map((member) => {
    const described = isObject(properties) ? properties[member] : undefined;
    return [member, isObject(described) ? described : {}];
  });
}
