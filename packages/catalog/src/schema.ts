import type { Json, JsonObject, JsonSchema } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";

const maxDepth = 32;
/** Keywords whose value is data and not a schema. */
const dataKeywords = new Set([
  "default",
  "examples",
  "example",
  "enum",
  "const",
  "required",
  "dependentRequired",
]);
/** Keywords whose value maps names, which the author chooses, to schemas. */
const mapKeywords = new Set(["properties", "patternProperties", "dependentSchemas"]);

/**
 * Copies a declared schema so that it can be part of another document. A `$ref` has no target there and
 * becomes `{}`; other keywords with `$` and values that are not JSON are removed. Services declare these
 * schemas, so the depth is limited to 32 levels.
 */
export function embeddableSchema(schema: JsonSchema): JsonObject {
  return copySchema(schema, 0);
}

/** The property schemas of an object schema. */
export function propertiesOf(schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  const properties: unknown = schema?.properties;
  return isObject(properties) ? Object.fromEntries(Object.entries(properties).filter(isSchemaEntry)) : {};
}

/** Tests whether an object schema requires a property. */
export function requiresProperty(schema: JsonSchema | undefined, name: string): boolean {
  return Array.isArray(schema?.required) && schema.required.includes(name);
}

/** Tests whether a JSON value is an object and not an array. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

function copySchema(schema: Readonly<Record<string, unknown>>, depth: number): JsonObject {
  if (depth > maxDepth || "$ref" in schema || "$dynamicRef" in schema) return {};
  return mapObject(schema, (value, key) => {
    if (key.startsWith("$")) return undefined;
    if (dataKeywords.has(key)) return copyData(value, depth + 1);
    if (!mapKeywords.has(key)) return copyKeyword(value, depth + 1);
    return isObject(value) ? mapObject(value, (inner) => copyKeyword(inner, depth + 1)) : undefined;
  });
}

function copyKeyword(value: unknown, depth: number): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => copyKeyword(item, depth + 1) ?? {});
  return isObject(value) ? copySchema(value, depth) : copyScalar(value);
}

function copyData(value: unknown, depth: number): Json | undefined {
  if (depth > maxDepth) return undefined;
  if (Array.isArray(value)) return value.map((item) => copyData(item, depth + 1) ?? null);
  return isObject(value) ? mapObject(value, (inner) => copyData(inner, depth + 1)) : copyScalar(value);
}

function copyScalar(value: unknown): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Leaves out the members that `map` turns into undefined. */
function mapObject(
  object: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => Json | undefined,
): JsonObject {
  const entries = Object.entries(object).map(([key, value]) => [key, map(value, key)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function isSchemaEntry(entry: [string, unknown]): entry is [string, JsonSchema] {
  return isObject(entry[1]);
}
