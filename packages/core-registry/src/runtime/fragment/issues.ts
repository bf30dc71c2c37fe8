import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DescribedSchema } from "../../contracts/json.ts";
import { certainName, nearestName } from "../../contracts/nearest-name.ts";
import type { Finding, FindingFix, Severity } from "../../contracts/report.ts";
import { canonicalJson } from "./canonical.ts";

const maxValueLength = 80;
/** The maximum number of reported unknown members: each is compared with all known members. */
export const maxUnknownMembers = 200;

/** The result of validating a value: without errors it has the parsed value. */
export type Checked<Value> =
  | { readonly value: Value; readonly findings: readonly Finding[] }
  | { readonly value?: undefined; readonly findings: readonly Finding[] };

/**
 * Validates a value. Describes every problem with its JSON path, the expected and the found value (S1).
 *
 * @param base the JSON path of the value in the fragment
 * @param unknownSeverity the severity of unknown members
 */
export async function checkAgainst<Value>(
  schema: DescribedSchema<Value>,
  value: unknown,
  base: string,
  unknownSeverity: Severity = "error",
): Promise<Checked<Value>> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value, findings: [] };
  const findings = result.issues.flatMap((issue) =>
    issueFindings(issue, value, base, unknownSeverity, schema),
  );
  if (findings.some((finding) => finding.severity === "error")) return { findings };
  return { ...(await checkAgainst(schema, withoutUnknown(value, result.issues), base)), findings };
}

function issueFindings(
  issue: StandardSchemaV1.Issue,
  root: unknown,
  base: string,
  unknownSeverity: Severity,
  schema: DescribedSchema,
): Finding[] {
  const keys = issueKeys(issue);
  const members = unknownMembers(issue);
  if (members.length === 0) {
    const value = valueAt(root, keys);
    return [
      {
        severity: "error",
        code: "FRAGMENT_INVALID",
        jsonPath: jsonPath(keys, base),
        message: issue.message,
        found: formatValue(value),
        ...issueDetails(issue),
        ...issueFix(issue, value),
      },
    ];
  }
  const known = knownMembers(schema, keys);
  return members.slice(0, maxUnknownMembers).map((member) => {
    const nearest = nearestName(member, known);
    return {
      severity: unknownSeverity,
      code: "MEMBER_UNKNOWN",
      jsonPath: jsonPath([...keys, member], base),
      message: `Unknown member \`${member}\`.`,
      ...(known.length > 0 ? { expected: `one of ${known.map((name) => `\`${name}\``).join(", ")}` } : {}),
      found: `\`${member}\``,
      ...(nearest === undefined ? {} : { hint: `Did you mean \`${nearest}\`?` }),
      ...renameFix(member, known, valueAt(root, keys)),
    };
  });
}

/** The correction of a member's name, where one is certain and the object does not have that member yet. */
export function renameFix(
  member: string,
  known: readonly string[],
  object: unknown,
): { readonly fix?: FindingFix } {
  const rename = certainName(member, known);
  const isFree = isNode(object) && rename !== undefined && !Object.hasOwn(object, rename);
  return isFree ? { fix: { rename } } : {};
}

// A schema's check gives the correction in the members `rename` and `value` of `params`. Zod lists the values
// of an enumeration in the member `values` of an issue.
function issueFix(issue: StandardSchemaV1.Issue, found: unknown): { readonly fix?: FindingFix } {
  const params = member(issue, "params");
  const [rename, value] = [member(params, "rename"), member(params, "value")];
  if (typeof rename === "string") return { fix: { rename } };
  if (typeof value === "string") return { fix: { value } };
  const values = member(issue, "code") === "invalid_value" ? member(issue, "values") : undefined;
  if (typeof found !== "string" || !Array.isArray(values)) return {};
  const texts = values.filter((each) => typeof each === "string");
  // Two edits apart are words of another meaning, such as FETCH and PATCH.
  const nearest = certainName(found, texts, 1);
  return nearest === undefined ? {} : { fix: { value: nearest } };
}

// The further texts of a schema's check: Zod has them in the member `params` of an issue.
function issueDetails(
  issue: StandardSchemaV1.Issue,
): Partial<Pick<Finding, "code" | "expected" | "found" | "hint">> {
  const params = member(issue, "params");
  const texts = (["code", "expected", "found", "hint"] as const).flatMap((name): [string, string][] => {
    const text = member(params, name);
    return typeof text === "string" ? [[name, text]] : [];
  });
  return Object.fromEntries(texts);
}

/** Formats a value for a message: short, on one line. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = canonicalJson(value);
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
}

/** Returns the keys of an issue's place, outermost first. */
export function issueKeys(issue: StandardSchemaV1.Issue): PropertyKey[] {
  return (issue.path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment));
}

/** Returns the unknown members of an issue. Zod lists them in a member that the standard does not have. */
export function unknownMembers(issue: StandardSchemaV1.Issue): string[] {
  if (!("code" in issue) || issue.code !== "unrecognized_keys" || !("keys" in issue)) return [];
  return Array.isArray(issue.keys) ? issue.keys.map(String) : [];
}

/** Returns the value at a place; undefined where it does not exist. Reads own properties only. */
export function valueAt(root: unknown, keys: readonly PropertyKey[]): unknown {
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
  return [...new Set(properties.flatMap((each) => (isNode(each) ? Object.keys(each) : [])))];
}

function below(node: unknown, key: PropertyKey): unknown {
  if (typeof key === "number") return member(node, "items");
  return member(member(node, "properties"), String(key)) ?? member(node, "additionalProperties");
}

// A value with alternative schemas can have the members of each.
function alternatives(node: unknown): unknown[] {
  const choice = member(node, "anyOf") ?? member(node, "oneOf");
  return Array.isArray(choice) ? choice.flatMap(alternatives) : [node];
}

function isNode(value: unknown): value is object {
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
    const object = valueAt(copy, issueKeys(issue));
    if (object === null || typeof object !== "object") continue;
    for (const key of unknownMembers(issue)) Reflect.deleteProperty(object, key);
  }
  return copy;
}

const identifier = /^[A-Za-z_$][\w$]*$/;

/**
 * Writes a JSON path in the notation of JavaScript: `protocol.REST.routes[2].call`, `policy.call[0]["a b"]`.
 *
 * @param keys outermost first
 * @param base the begin of the path; default: empty
 */
export function jsonPath(keys: readonly PropertyKey[], base = ""): string {
  let path = base;
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (typeof key === "string" && identifier.test(key)) path += path === "" ? key : `.${key}`;
    else path += `[${JSON.stringify(String(key))}]`;
  }
  return path;
}
