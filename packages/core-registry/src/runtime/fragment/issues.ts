import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema } from "../../contracts/json.ts";
import { nearestName } from "../../contracts/nearest-name.ts";
import type { Finding, Severity } from "../../contracts/report.ts";
import { canonicalJson } from "./canonical.ts";
import { jsonPath } from "./json-path.ts";

const longestShown = 80;
/** Unknown members of one object that are told: each is compared with all that are known. */
export const mostUnknown = 200;

/** What checking a value against a schema gave. */
export type Checked<Value> =
  | { readonly value: Value; readonly findings: readonly Finding[] }
  | { readonly value?: undefined; readonly findings: readonly Finding[] };

/**
 * Checks a value, and words every fault with its path, what was expected and what was found (S1).
 *
 * @param base where the value stands in the fragment
 * @param weight how much a member that the schema does not know weighs
 */
export async function checkAgainst<Value>(
  schema: DescribedSchema<Value>,
  value: unknown,
  base: string,
  weight: Severity = "error",
): Promise<Checked<Value>> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value, findings: [] };
  const findings = result.issues.flatMap((issue) => wordIssue(issue, value, base, weight, schema));
  if (findings.some((finding) => finding.severity === "error")) return { findings };
  return { ...(await checkAgainst(schema, withoutUnknown(value, result.issues), base)), findings };
}

function wordIssue(
  issue: StandardSchemaV1.Issue,
  root: unknown,
  base: string,
  weight: Severity,
  schema: DescribedSchema,
): Finding[] {
  const keys = issueKeys(issue);
  const members = unknownMembers(issue);
  if (members.length === 0) {
    return [
      {
        severity: "error",
        code: "FRAGMENT_INVALID",
        jsonPath: jsonPath(keys, base),
        message: issue.message,
        found: formatValue(nodeAt(root, keys)),
        ...saidBeside(issue),
      },
    ];
  }
  const known = knownMembers(schema, keys);
  return members.slice(0, mostUnknown).map((member) => {
    const meant = nearestName(member, known);
    return {
      severity: weight,
      code: "MEMBER_UNKNOWN",
      jsonPath: jsonPath([...keys, member], base),
      message: `There is no member \`${member}\` here.`,
      ...(known.length > 0 ? { expected: `one of ${known.map((name) => `\`${name}\``).join(", ")}` } : {}),
      found: `\`${member}\``,
      ...(meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` }),
    };
  });
}

// What a schema's check says beside its message: Zod keeps it in a member of its own.
function saidBeside(
  issue: StandardSchemaV1.Issue,
): Partial<Pick<Finding, "code" | "expected" | "found" | "hint">> {
  const params = member(issue, "params");
  const said = (["code", "expected", "found", "hint"] as const).flatMap((name): [string, string][] => {
    const text = member(params, name);
    return typeof text === "string" ? [[name, text]] : [];
  });
  return Object.fromEntries(said);
}

/** A value as it is shown to a person: short, on one line. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = canonicalJson(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** The keys of an issue's place, from the outside in. */
export function issueKeys(issue: StandardSchemaV1.Issue): PropertyKey[] {
  return (issue.path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment));
}

/** The members that an issue says are unknown: Zod names them in a member of its own, beside those of the standard. */
export function unknownMembers(issue: StandardSchemaV1.Issue): string[] {
  if (!("code" in issue) || issue.code !== "unrecognized_keys" || !("keys" in issue)) return [];
  return Array.isArray(issue.keys) ? issue.keys.map(String) : [];
}

/** What stands at a place; undefined where nothing does. Own properties only. */
export function nodeAt(root: unknown, keys: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of keys) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function knownMembers(schema: DescribedSchema, keys: readonly PropertyKey[]): string[] {
  let nodes: unknown[] = alternatives(schema["~standard"].jsonSchema.input({ target: "draft-2020-12" }));
  for (const key of keys) nodes = nodes.flatMap((node) => alternatives(below(node, key)));
  const properties = nodes.map((node) => member(node, "properties"));
  return [...new Set(properties.flatMap((each) => (isObject(each) ? Object.keys(each) : [])))];
}

function below(node: unknown, key: PropertyKey): unknown {
  if (typeof key === "number") return member(node, "items");
  return member(member(node, "properties"), String(key)) ?? member(node, "additionalProperties");
}

// A value that may be several things may have the members of each.
function alternatives(node: unknown): unknown[] {
  const choice = member(node, "anyOf") ?? member(node, "oneOf");
  return Array.isArray(choice) ? choice.flatMap(alternatives) : [node];
}

function isObject(value: unknown): value is object {
  return value !== null && typeof value === "object";
}

function member(node: unknown, key: string): unknown {
  return node !== null && typeof node === "object" && Object.hasOwn(node, key)
    ? Reflect.get(node, key)
    : undefined;
}

function withoutUnknown(value: unknown, issues: readonly StandardSchemaV1.Issue[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    const holder = nodeAt(copy, issueKeys(issue));
    if (holder === null || typeof holder !== "object") continue;
    for (const key of unknownMembers(issue)) Reflect.deleteProperty(holder, key);
  }
  return copy;
}
