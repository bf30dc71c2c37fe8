import type { Json, JsonObject, JsonSchema } from "@tidegate/core-registry";

const depthLimit = 32;
/** Keywords whose value is data, not a schema. */
const data = new Set(["default", "examples", "example", "enum", "const", "required", "dependentRequired"]);
/** Keywords whose value holds schemas by names of the author's own. */
const maps = new Set(["properties", "patternProperties", "dependentSchemas"]);

/**
 * A declared schema as it may stand inside of another document. What points elsewhere (`$ref`) means nothing there
 * and becomes `{}`; other keywords with `$` are left out, and so is what is no JSON. Declarations come from services,
 * so depth is bounded (32).
 */
export function embeddedSchema(schema: JsonSchema): JsonObject {
  return cleanSchema(schema, 0);
}

/** The members of an object schema; empty where it has none. */
export function propertiesOf(schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  const properties: unknown = schema?.properties;
  return isObject(properties) ? Object.fromEntries(Object.entries(properties).filter(isSchemaEntry)) : {};
}

/** Whether an object schema demands a member. */
export function demands(schema: JsonSchema | undefined, name: string): boolean {
  return Array.isArray(schema?.required) && schema.required.includes(name);
}

function cleanSchema(schema: Readonly<Record<string, unknown>>, depth: number): JsonObject {
  if (depth > depthLimit || "$ref" in schema || "$dynamicRef" in schema) return {};
  return mapped(schema, (value, key) => {
    if (key.startsWith("$")) return undefined;
    if (data.has(key)) return plain(value, depth + 1);
    if (maps.has(key)) return isObject(value) ? mapped(value, (one) => clean(one, depth + 1)) : undefined;
    return clean(value, depth + 1);
  });
}

function clean(value: unknown, depth: number): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1) ?? {});
  return isObject(value) ? cleanSchema(value, depth) : scalar(value);
}

function plain(value: unknown, depth: number): Json | undefined {
  if (depth > depthLimit) return undefined;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1) ?? null);
  return isObject(value) ? mapped(value, (one) => plain(one, depth + 1)) : scalar(value);
}

function mapped(
  from: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => Json | undefined,
): JsonObject {
  const entries = Object.entries(from).map(([key, value]) => [key, map(value, key)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function scalar(value: unknown): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function isSchemaEntry(entry: [string, unknown]): entry is [string, JsonSchema] {
  return isObject(entry[1]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
