import type { Json, JsonObject } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";

/** Copies the parts of a schema. Both count what they copy, and end with undefined where it is too much. */
export interface Copies {
  /** Copies a schema; undefined for what is no schema. */
  schema(value: unknown): Json | undefined;
  /** Copies what JSON can express: a date becomes text, and what has no form in JSON is left out. */
  data(value: unknown): Json | undefined;
}

/** Copies the value of a keyword; undefined where the keyword does not allow it. */
type Keyword = (value: unknown, copies: Copies) => Json | undefined;

const types = new Set(["array", "boolean", "integer", "null", "number", "object", "string"]);

const flag: Keyword = (value) => (typeof value === "boolean" ? value : undefined);
const text: Keyword = (value) => (typeof value === "string" ? value : undefined);
const number: Keyword = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
const count: Keyword = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
const step: Keyword = (value) =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
const regex: Keyword = (value) => (typeof value === "string" && isRegex(value) ? value : undefined);
const data: Keyword = (value, copies) => copies.data(value);
const dataList: Keyword = (value, copies) => (Array.isArray(value) ? copies.data(value) : undefined);
const names: Keyword = (value) => (isListOfTexts(value) ? [...new Set(value)] : undefined);
const nameLists: Keyword = (value, copies) =>
  isObject(value) ? mapMembers(value, (member) => names(member, copies)) : undefined;
const schema: Keyword = (value, copies) => copies.schema(value);
/** For keywords whose value is a boolean more often than not. */
const schemaOrFlag: Keyword = (value, copies) => (typeof value === "boolean" ? value : copies.schema(value));
const schemas: Keyword = (value, copies) =>
  isObject(value) ? mapMembers(value, (member) => copies.schema(member)) : undefined;
const schemasByRegex: Keyword = (value, copies) =>
  isObject(value)
    ? mapMembers(value, (member, name) => (isRegex(name) ? copies.schema(member) : undefined))
    : undefined;
// An alternative that is no schema accepts everything: leaving it out would refuse what the action accepts.
const schemaList: Keyword = (value, copies) =>
  Array.isArray(value) && value.length > 0 ? value.map((item) => copies.schema(item) ?? {}) : undefined;
const typeNames: Keyword = (value) => {
  if (typeof value === "string") return types.has(value) ? value : undefined;
  const known = isListOfTexts(value) ? [...new Set(value)] : [];
  return known.length > 0 && known.every((name) => types.has(name)) ? known : undefined;
};

/** The keywords of JSON Schema 2020-12 that describe a value, without those that refer to other schemas. */
const keywords: ReadonlyMap<string, Keyword> = new Map([
  ["type", typeNames],
  ["title", text],
  ["description", text],
  ["format", text],
  ["contentEncoding", text],
  ["contentMediaType", text],
  ["contentSchema", schema],
  ["pattern", regex],
  ["deprecated", flag],
  ["readOnly", flag],
  ["writeOnly", flag],
  ["uniqueItems", flag],
  ["minimum", number],
  ["maximum", number],
  ["exclusiveMinimum", number],
  ["exclusiveMaximum", number],
  ["multipleOf", step],
  ["minLength", count],
  ["maxLength", count],
  ["minItems", count],
  ["maxItems", count],
  ["minContains", count],
  ["maxContains", count],
  ["minProperties", count],
  ["maxProperties", count],
  ["required", names],
  ["dependentRequired", nameLists],
  ["enum", dataList],
  ["examples", dataList],
  ["const", data],
  ["default", data],
  ["example", data],
  ["items", schemaOrFlag],
  ["prefixItems", schemaList],
  ["contains", schema],
  ["unevaluatedItems", schemaOrFlag],
  ["properties", schemas],
  ["patternProperties", schemasByRegex],
  ["additionalProperties", schemaOrFlag],
  ["unevaluatedProperties", schemaOrFlag],
  ["propertyNames", schema],
  ["dependentSchemas", schemas],
  ["allOf", schemaList],
  ["anyOf", schemaList],
  ["oneOf", schemaList],
  ["not", schema],
  ["if", schema],
  ["then", schema],
  ["else", schema],
]);

/** Copies the value of a keyword; undefined for an unknown keyword and for a value that it does not allow. */
export function copyKeyword(name: string, value: unknown, copies: Copies): Json | undefined {
  return keywords.get(name)?.(value, copies);
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isRegex(source: string): boolean {
  try {
    new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}

/** Leaves out the members that `map` turns into undefined. */
export function mapMembers(
  object: Readonly<Record<string, unknown>>,
  map: (value: unknown, name: string) => Json | undefined,
): JsonObject {
  const entries = Object.entries(object).map(([name, value]) => [name, map(value, name)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
