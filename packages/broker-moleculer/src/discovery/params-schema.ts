import type { JsonSchema } from "@tidegate/core-registry";
import { isObject } from "@tidegate/core-registry/runtime";

/** Schemas below this depth accept anything. */
const maxDepth = 16;

/** A rule of fastest-validator in its long form. */
type Rule = Readonly<Record<string, unknown>>;

const stringTypes = new Set(["string", "email", "url", "uuid", "mac", "luhn", "objectID", "currency"]);
const stringFormats: Readonly<Record<string, string>> = { email: "email", url: "uri", uuid: "uuid" };

/**
 * Translates the params that a Moleculer action declares for fastest-validator into JSON Schema: types,
 * properties, items, alternatives, required properties. Rules that JSON Schema cannot express (`custom`,
 * `class`, unknown types) accept anything. Returns undefined if nothing is declared. Never throws.
 */
export function paramsSchema(params: unknown): JsonSchema | undefined {
  if (!isObject(params)) return undefined;
  return params.$$root === true ? schemaOf(params, 0) : objectSchema(params, 0, params.$$strict);
}

function objectSchema(rules: Rule, depth: number, strict: unknown): JsonSchema {
  const members = Object.entries(rules).filter(([name]) => !name.startsWith("$$") && name !== "__proto__");
  const required = members.filter(([, rule]) => isRequired(rule)).map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(members.map(([name, rule]) => [name, schemaOf(rule, depth + 1)])),
    ...(required.length > 0 && { required }),
    ...(strict === true && { additionalProperties: false }),
  };
}

function schemaOf(given: unknown, depth: number): JsonSchema {
  if (depth > maxDepth) return {};
  if (Array.isArray(given)) return { anyOf: given.map((rule) => schemaOf(rule, depth + 1)) };
  const rule = toLongForm(given);
  if (rule === undefined) return {};
  const schema = { ...typeSchema(rule, depth), ...descriptionAndDefault(rule) };
  return rule.nullable === true ? { anyOf: [schema, { type: "null" }] } : schema;
}

function typeSchema(rule: Rule, depth: number): JsonSchema {
  const { type } = rule;
  if (typeof type !== "string") return {};
  if (stringTypes.has(type))
    return {
      type: "string",
      ...stringLimits(rule),
      ...(stringFormats[type] && { format: stringFormats[type] }),
    };
  switch (type) {
    case "number":
      return { type: rule.integer === true ? "integer" : "number", ...limits(rule, "minimum", "maximum") };
    case "boolean":
      return { type: "boolean" };
    case "date":
      return { type: "string", format: "date-time" };
    case "enum":
      return Array.isArray(rule.values) ? { enum: rule.values } : {};
    case "equal":
      return "value" in rule ? { enum: [rule.value] } : {};
    case "forbidden":
      return { enum: [] };
    case "array":
      return arraySchema(rule, depth);
    case "tuple":
      return { type: "array" };
    case "record":
      return {
        type: "object",
        ...("value" in rule && { additionalProperties: schemaOf(rule.value, depth + 1) }),
      };
    case "multi":
      return Array.isArray(rule.rules) ? { anyOf: rule.rules.map((each) => schemaOf(each, depth + 1)) } : {};
    case "object": {
      const members = rule.props ?? rule.properties;
      return isObject(members) ? objectSchema(members, depth, rule.strict) : { type: "object" };
    }
    default:
      return {};
  }
}

function arraySchema(rule: Rule, depth: number): JsonSchema {
  return {
    type: "array",
    ...(rule.items !== undefined && { items: schemaOf(rule.items, depth + 1) }),
    ...limits(rule, "minItems", "maxItems"),
  };
}

function stringLimits(rule: Rule): JsonSchema {
  return { ...limits(rule, "minLength", "maxLength"), ...(Array.isArray(rule.enum) && { enum: rule.enum }) };
}

function limits(rule: Rule, minKey: string, maxKey: string): Record<string, number> {
  const found: Record<string, number> = {};
  if (typeof rule.min === "number") found[minKey] = rule.min;
  if (typeof rule.max === "number") found[maxKey] = rule.max;
  return found;
}

function descriptionAndDefault(rule: Rule): JsonSchema {
  const description = rule.$$desc ?? rule.description;
  return {
    ...(typeof description === "string" && { description }),
    ...("default" in rule && typeof rule.default !== "function" && { default: rule.default }),
  };
}

/**
 * Returns the long form of a rule: of `"number|optional|min:3"`, `"string[]"`, or a nested object with
 * `$$type`.
 */
function toLongForm(given: unknown): Rule | undefined {
  if (typeof given === "string") return parseShorthand(given);
  if (!isObject(given)) return undefined;
  if (typeof given.$$type === "string")
    return {
      ...parseShorthand(given.$$type),
      props: given,
      ...(given.$$strict === true && { strict: true }),
    };
  return given;
}

function parseShorthand(given: string): Rule {
  const [head = "any", ...parts] = given.split("|").map((part) => part.trim());
  const rule: Record<string, unknown> = head.endsWith("[]")
    ? { type: "array", items: head.slice(0, -2) }
    : { type: head };
  for (const part of parts) {
    const [name = "", value] = part.split(":", 2);
    if (name !== "__proto__") rule[name] = parseValue(value);
  }
  return rule;
}

function parseValue(value: string | undefined): unknown {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  return value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}

function isRequired(given: unknown): boolean {
  if (Array.isArray(given)) return given.every(isRequired);
  const rule = toLongForm(given);
  if (rule === undefined) return given === true;
  return rule.optional !== true && !("default" in rule) && rule.type !== "forbidden";
}
