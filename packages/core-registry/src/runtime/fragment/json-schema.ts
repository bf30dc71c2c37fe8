import type { DescribedSchema, JsonSchema } from "../../contracts/json.ts";
import { isObject } from "../values.ts";
import { envelope } from "./fragment.ts";
import { policyJsonSchema } from "./policy-schema.ts";
import type { FragmentPlugins } from "./read.ts";

const target = "draft-2020-12";

/**
 * Composes the JSON Schema (2020-12) of a fragment from the schemas of the plugins (S1.5). It has no `$id`
 * inside, and all references are JSON pointers from its root, so that validators and editors resolve them
 * alike.
 */
export function fragmentSchema({ protocols, policies, disabledPolicies }: FragmentPlugins): JsonSchema {
  const fragment = describe({ "~standard": envelope["~standard"] } as DescribedSchema);
  const parts = protocols.map(({ name, schema }): [string, JsonSchema] => [
    name,
    withReferences(describe(schema), `#/properties/protocol/properties/${pointerKey(name)}`),
  ]);
  const definitions = policies.map(({ name, schema }): [string, JsonSchema] => [
    policyKey(name),
    withReferences(describe(schema), `#/$defs/${pointerKey(policyKey(name))}`),
  ]);
  const members = policies.flatMap(({ name, members: names }) =>
    names.map((member): [string, JsonSchema] => [member, memberSchema(name, member, definitions)]),
  );
  // Members of a disabled policy are accepted without a check, with a warning.
  const disabled = disabledPolicies.flatMap((policy) =>
    policy.members.map((member) => [member, {}] as const),
  );
  return {
    ...fragment,
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tidegate fragment",
    properties: {
      ...fragment.properties,
      policy: policyJsonSchema(Object.fromEntries([...disabled, ...members])),
      protocol: { type: "object", properties: Object.fromEntries(parts) },
    },
    $defs: Object.fromEntries(definitions),
  };
}

function policyKey(name: string): string {
  return `policy.${name}`;
}

/** A member of a rule refers to its place in the schema of its policy. */
function memberSchema(
  policy: string,
  member: string,
  definitions: readonly (readonly [string, JsonSchema])[],
): JsonSchema {
  const schema = definitions.find(([key]) => key === policyKey(policy))?.[1];
  if (!isObject(schema?.properties) || schema.properties[member] === undefined) return {};
  return { $ref: `#/$defs/${pointerKey(policyKey(policy))}/properties/${pointerKey(member)}` };
}

function describe(schema: DescribedSchema): JsonSchema {
  const { $schema: _, ...described } = schema["~standard"].jsonSchema.input({ target });
  return described;
}

/** Keywords whose value is data and not a schema. */
const dataKeywords = new Set(["const", "default", "enum", "examples"]);
/** Keywords whose value maps names, which the author chooses, to schemas. */
const mapKeywords = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);

/**
 * Copies a schema for a place inside of another one: references within it, such as `#/$defs/route`, get the
 * pointer of that place. A schema with an `$id` of its own is a separate resource, and stays as it is.
 */
function withReferences(schema: JsonSchema, pointer: string): JsonSchema {
  if (typeof schema.$id === "string") return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]): [string, unknown] => {
      if (key === "$ref" && typeof value === "string") return [key, reference(value, pointer)];
      if (dataKeywords.has(key)) return [key, value];
      if (!mapKeywords.has(key) || !isObject(value)) return [key, withReferencesInside(value, pointer)];
      const schemas = Object.entries(value).map(([name, each]) => [
        name,
        withReferencesInside(each, pointer),
      ]);
      return [key, Object.fromEntries(schemas)];
    }),
  );
}

function withReferencesInside(value: unknown, pointer: string): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => withReferencesInside(each, pointer));
  return isObject(value) ? withReferences(value, pointer) : value;
}

function reference(text: string, pointer: string): string {
  return text === "#" || text.startsWith("#/") ? pointer + text.slice(1) : text;
}

/** A key as part of a JSON pointer (RFC 6901) in a URI fragment. */
function pointerKey(key: string): string {
  return encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
}
