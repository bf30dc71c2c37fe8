import type { Json, JsonObject, JsonSchema } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";
import { type Copies, copyKeyword, mapMembers } from "./keywords.ts";

/** Levels of schemas and of data that are copied. Below, everything is accepted. */
const maxDepth = 32;
/** Schemas and values of one declaration that are copied: one that contains itself twice has no end. */
const maxParts = 5_000;

/**
 * Copies a declared schema so that it can be part of another document. Services declare these schemas, so
 * nothing in them is trusted: only known keywords of JSON Schema 2020-12 are copied, with values that the
 * keyword allows. A `$ref` has no target in the other document and becomes `{}`. At most 32 levels and 5,000
 * schemas and values are copied; the others become `{}` or are left out.
 */
export function embeddableSchema(schema: JsonSchema): JsonObject {
  return copySchema(schema, 0, { left: maxParts });
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

/** How many schemas and values can still be copied. */
interface Budget {
  left: number;
}

function copySchema(schema: Readonly<Record<string, unknown>>, depth: number, budget: Budget): JsonObject {
  if (depth > maxDepth || budget.left <= 0 || "$ref" in schema || "$dynamicRef" in schema) return {};
  budget.left -= 1;
  const copies: Copies = {
    schema: (value) => {
      if (typeof value === "boolean") return value ? {} : { not: {} };
      return isObject(value) ? copySchema(value, depth + 1, budget) : undefined;
    },
    data: (value) => {
      const copied = copyData(value, 0, budget);
      // A part of a list of values would refuse the others.
      return budget.left > 0 ? copied : undefined;
    },
  };
  const members: Record<string, Json> = {};
  for (const [name, value] of Object.entries(schema)) {
    // A list of schemas is how older drafts of JSON Schema write tuples.
    const keyword = name === "items" && Array.isArray(value) ? "prefixItems" : name;
    const copied = copyKeyword(keyword, value, copies);
    if (copied !== undefined) members[keyword] = copied;
  }
  // Some validators of OpenAPI demand that an array says what its items are.
  return describesArrays(members) && members.items === undefined ? { ...members, items: {} } : members;
}

function copyData(value: unknown, depth: number, budget: Budget): Json | undefined {
  if (depth > maxDepth || budget.left <= 0) return undefined;
  budget.left -= 1;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (Array.isArray(value)) return value.map((item) => copyData(item, depth + 1, budget) ?? null);
  return isObject(value) ? mapMembers(value, (member) => copyData(member, depth + 1, budget)) : undefined;
}

function describesArrays({ type }: JsonObject): boolean {
  return type === "array" || (Array.isArray(type) && type.includes("array"));
}

function isSchemaEntry(entry: [string, unknown]): entry is [string, JsonSchema] {
  return isObject(entry[1]);
}
