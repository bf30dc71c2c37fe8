import type { DescribedSchema } from "@tidegate/core-registry";
import type { Check, CheckContext } from "./check.ts";
import { isMembers, isPlainJson, isTexts, noObjects } from "./values.ts";

/** The schema of a plugin, with examples that it accepts. */
export interface SchemaUse {
  readonly schema: DescribedSchema;
  readonly examples: readonly unknown[];
  /** The members that the JSON Schema describes. */
  readonly members: readonly string[];
}

/** The result of a schema: its output, or the number of its issues. */
export type Validated = { readonly value: unknown } | { readonly issues: number };

/** Returns the checks of a plugin's schema. `what` names its input, such as `rule`. */
export function schemaChecks<Harness>(what: string, use: (harness: Harness) => SchemaUse): Check<Harness>[] {
  return [
    {
      title: `the schema accepts the example ${what}s, again and again`,
      run: async (harness, check) => {
        const { schema, examples } = use(harness);
        for (const example of [...examples, ...examples]) await accepted(check, schema, example, what);
      },
    },
    {
      title: `the schema refuses values that are no ${what}, and does not throw`,
      run: async (harness, check) => {
        const { schema } = use(harness);
        for (const value of noObjects) {
          const result = await validate(check, schema, value);
          check.clause(`Validates a ${what}. The result has issues where the value is not valid.`);
          check.ok("issues" in result, `the schema refuses ${JSON.stringify(value)}`, result);
        }
      },
    },
    {
      title: "the schema describes itself as JSON Schema, with its members",
      run: (harness, check) => {
        const { schema, members } = use(harness);
        check.clause("A validator with a JSON Schema (2020-12): `~standard.jsonSchema.input`.");
        const described = schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
        check.ok(isMembers(described) && isPlainJson(described), "the JSON Schema is plain JSON", described);
        const problem = keywordProblem(described, described, "#");
        check.ok(problem === undefined, "every keyword has a value of its type", problem);
        const missing = members.filter((name) => !JSON.stringify(described).includes(JSON.stringify(name)));
        check.equal(missing, [], "the list of members that the JSON Schema leaves out");
      },
    },
  ];
}

/** Fails unless the schema accepts the value; returns its output. */
export async function accepted(
  check: CheckContext,
  schema: DescribedSchema,
  value: unknown,
  what: string,
): Promise<unknown> {
  const result = await validate(check, schema, value);
  check.clause(`Validates a ${what}. The result has the output where the value is valid.`);
  if (!("value" in result))
    check.ok(false, `the schema accepts the example ${JSON.stringify(value)}`, result);
  return "value" in result ? result.value : undefined;
}

/** Validates a value, and fails where the result is none of Standard Schema. */
export async function validate(
  check: CheckContext,
  schema: DescribedSchema,
  value: unknown,
): Promise<Validated> {
  check.clause(
    "The schema validates with Standard Schema: it returns `value` or `issues`, and never throws.",
  );
  const result: unknown = await check.wait(
    Promise.try(() => schema["~standard"].validate(value)),
    "validate() returns a result",
  );
  if (!isMembers(result)) {
    check.ok(false, "the result is an object", result);
    return { issues: 0 };
  }
  const { issues } = result;
  if (issues === undefined) {
    check.ok("value" in result, "the result has `value` or `issues`", result);
    return { value: result.value };
  }
  const isList = Array.isArray(issues) && issues.length > 0 && issues.every(isIssue);
  check.ok(isList, "`issues` is a list of issues with `message`, and `path` as a list", issues);
  return { issues: Array.isArray(issues) ? issues.length : 0 };
}

function isIssue(issue: unknown): boolean {
  return (
    isMembers(issue) &&
    typeof issue.message === "string" &&
    issue.message !== "" &&
    (issue.path === undefined || Array.isArray(issue.path))
  );
}

const schemaMaps = ["properties", "$defs", "patternProperties"];
const schemaLists = ["anyOf", "oneOf", "allOf", "prefixItems"];
const singleSchemas = ["items", "additionalProperties", "not", "propertyNames", "contains"];

/** Describes the first keyword whose value JSON Schema does not allow; undefined where there is none. */
function keywordProblem(root: unknown, schema: unknown, path: string): string | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isMembers(schema)) return `${path} is no schema`;
  // A schema with an `$id` is a resource of its own: references inside begin at it.
  const own = typeof schema.$id === "string" ? schema : root;
  const { type, required, $ref } = schema;
  if (type !== undefined && typeof type !== "string" && !isTexts(type)) return `${path}/type is no type`;
  if (required !== undefined && !isTexts(required)) return `${path}/required is no list of names`;
  if (typeof $ref === "string" && !isResolved(own, $ref)) return `${path}/$ref points to nothing: ${$ref}`;
  for (const [name, child] of children(schema)) {
    const problem = keywordProblem(own, child, `${path}/${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function children(schema: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  const inside = (name: string): (readonly [string, unknown])[] => {
    const value = schema[name];
    return value === undefined
      ? []
      : Object.entries(value ?? {}).map(([key, child]) => [`${name}/${key}`, child]);
  };
  const own = singleSchemas.filter((name) => schema[name] !== undefined);
  return [
    ...[...schemaMaps, ...schemaLists].flatMap(inside),
    ...own.map((name) => [name, schema[name]] as const),
  ];
}

function isResolved(root: unknown, reference: string): boolean {
  if (!reference.startsWith("#")) return true;
  let found: unknown = root;
  for (const part of reference.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  }
  return found !== undefined;
}
