import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema, JsonSchema } from "../../contracts/json.ts";
import { certainName, nearestName } from "../../contracts/nearest-name.ts";
import type { AccessKind, Policy } from "../../contracts/policy.ts";
import { namePatternProblem } from "../names.ts";
import { isObject } from "../values.ts";
import { maxUnknownMembers } from "./issues.ts";

/** The validated rules of a fragment (S7.1). */
export interface PolicyPart {
  readonly call?: readonly PolicyRule[];
  readonly publish?: readonly PolicyRule[];
  readonly subscribe?: readonly PolicyRule[];
  /** Whether the rules of the service that owns a called action apply too (S7.2). */
  readonly owner?: boolean;
}

/** One validated rule. Its other members belong to policies. */
export interface PolicyRule {
  /** Describes the rule for people. A denied client receives it. */
  readonly description?: string;
  /** In `call`: patterns of the actions to which the rule applies. */
  readonly actions?: readonly string[];
  /** In `publish` and `subscribe`: patterns of the events to which the rule applies. */
  readonly events?: readonly string[];
  readonly [member: string]: unknown;
}

/** The maximum number of patterns in the rules of one kind. */
const maxPatterns = 1_000;

/** The kinds of rules in the order of a fragment. */
export const accessKinds: readonly AccessKind[] = ["call", "publish", "subscribe"];

/** What the schema of a fragment needs of a policy. */
export type PolicyMembers = Pick<Policy, "members" | "schema">;

type Issue = StandardSchemaV1.Issue & { readonly params?: Readonly<Record<string, string>> };
type Path = readonly PropertyKey[];

/**
 * Composes the schema of a fragment's `policy` from the policies (S1.2, S7.1). An unknown member is an error:
 * to ignore it would silently open access.
 *
 * @param disabledPolicies policies that the configuration disables: their members are accepted without
 * validation
 */
export function policySchema(
  policies: readonly PolicyMembers[],
  disabledPolicies: readonly PolicyMembers[] = [],
): DescribedSchema<PolicyPart> {
  const validate = async (value: unknown): Promise<StandardSchemaV1.Result<PolicyPart>> => {
    const issues = await partIssues(value, policies, disabledPolicies);
    return issues.length > 0 ? { issues } : { value: value as PolicyPart };
  };
  const describe = (): Record<string, unknown> => ({
    ...policyJsonSchema(Object.fromEntries(policies.flatMap(policyProperties))),
  });
  return {
    "~standard": {
      version: 1,
      vendor: "tidegate",
      validate,
      jsonSchema: { input: describe, output: describe },
    },
  };
}

/** Returns the member of a rule that has its name patterns. */
export function namesMember(kind: AccessKind): "actions" | "events" {
  return kind === "call" ? "actions" : "events";
}

/** Returns the members of a rule that belong to a policy; undefined where the rule has none of them. */
export function ownMembers(rule: PolicyRule, policy: PolicyMembers): Record<string, unknown> | undefined {
  const own = policy.members.filter((member) => Object.hasOwn(rule, member));
  return own.length === 0 ? undefined : Object.fromEntries(own.map((member) => [member, rule[member]]));
}

async function partIssues(
  part: unknown,
  policies: readonly PolicyMembers[],
  disabledPolicies: readonly PolicyMembers[],
): Promise<Issue[]> {
  if (!isObject(part)) return [{ message: "`policy` must be an object.", path: [] }];
  const issues: Issue[] = [];
  for (const [member, value] of Object.entries(part)) {
    const kind = accessKinds.find((each) => each === member);
    if (kind === undefined) {
      issues.push(
        ...(member === "owner"
          ? ownerIssues(value)
          : [unknownMember([member], [...accessKinds, "owner"], part)]),
      );
    } else if (!Array.isArray(value)) issues.push({ message: "Rules must be a list.", path: [kind] });
    else if (patternCount(value, kind) > maxPatterns)
      issues.push(tooManyPatterns(kind, patternCount(value, kind)));
    else {
      for (const [index, rule] of value.entries())
        issues.push(...(await ruleIssues(rule, kind, [kind, index], policies, disabledPolicies)));
    }
  }
  return issues;
}

// Each pattern is compared with every action or event of the endpoints.
function tooManyPatterns(kind: AccessKind, count: number): Issue {
  const params = {
    code: "RULES_TOO_MANY",
    expected: `at most ${maxPatterns} patterns in the rules of one kind`,
    found: `${count} patterns`,
    hint: "One pattern can match many names: `player.*`.",
  };
  return { message: `The rules have ${count} patterns.`, path: [kind], params };
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
  return typeof value === "boolean" ? [] : [{ message: "`owner` must be true or false.", path: ["owner"] }];
}

async function ruleIssues(
  rule: unknown,
  kind: AccessKind,
  path: Path,
  policies: readonly PolicyMembers[],
  disabledPolicies: readonly PolicyMembers[],
): Promise<Issue[]> {
  if (!isObject(rule)) return [{ message: "A rule must be an object.", path }];
  const names = namesMember(kind);
  const known = [
    "description",
    names,
    ...[...policies, ...disabledPolicies].flatMap((policy) => policy.members),
  ];
  const unknown = Object.keys(rule)
    .filter((member) => !known.includes(member))
    .slice(0, maxUnknownMembers);
  const ofPolicies = await Promise.all(policies.map((policy) => policyIssues(rule, policy, path)));
  return [
    ...unknown.map((member) => unknownMember([...path, member], known, rule)),
    ...descriptionIssues(rule.description, path),
    ...patternIssues(rule[names], names, path),
    ...ofPolicies.flat(),
  ];
}

function unknownMember(path: Path, known: readonly string[], object: object): Issue {
  const member = String(path.at(-1));
  const nearest = nearestName(member, known);
  const rename = certainName(member, known);
  const params = {
    expected: `one of ${known.map((name) => `\`${name}\``).join(", ")}`,
    found: `\`${member}\``,
    ...(nearest === undefined ? {} : { hint: `Did you mean \`${nearest}\`?` }),
    ...(rename === undefined || Object.hasOwn(object, rename) ? {} : { rename }),
  };
  return { message: `No policy has a member \`${member}\`.`, path, params };
}

function descriptionIssues(value: unknown, path: Path): Issue[] {
  if (value === undefined || typeof value === "string") return [];
  return [{ message: "A description must be a string.", path: [...path, "description"] }];
}

function patternIssues(value: unknown, names: string, path: Path): Issue[] {
  const place = [...path, names];
  if (!Array.isArray(value) || value.length === 0)
    return [{ message: `A rule must have \`${names}\`: a list of patterns that is not empty.`, path: place }];
  return value.flatMap((pattern, index): Issue[] => {
    const message = typeof pattern === "string" ? namePatternProblem(pattern) : "A pattern must be a string.";
    return message === undefined ? [] : [{ message, path: [...place, index] }];
  });
}

async function policyIssues(rule: PolicyRule, policy: PolicyMembers, path: Path): Promise<Issue[]> {
  const own = ownMembers(rule, policy);
  if (own === undefined) return [];
  const { issues = [] } = await policy.schema["~standard"].validate(own);
  return issues.map((issue) => ({ ...issue, path: [...path, ...(issue.path ?? []).map(keyOf)] }));
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): PropertyKey {
  return typeof segment === "object" ? segment.key : segment;
}

/**
 * The JSON Schema of a fragment's `policy`.
 * @param members the schemas of the members that the policies give to a rule, by name
 */
export function policyJsonSchema(members: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const rules = (kind: AccessKind): JsonSchema => ({
    type: "array",
    maxItems: maxPatterns,
    items: {
      type: "object",
      properties: {
        description: { type: "string" },
        [namesMember(kind)]: {
          type: "array",
          minItems: 1,
          items: { type: "string", pattern: "^[^!{}\\[\\]()?|/\\\\\"'\\u0000-\\u001f\\u007f-\\u009f]+$" },
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

function policyProperties(policy: PolicyMembers): [string, JsonSchema][] {
  const { properties } = policy.schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  return policy.members.map((member) => {
    const described = isObject(properties) ? properties[member] : undefined;
    return [member, isObject(described) ? described : {}];
  });
}
