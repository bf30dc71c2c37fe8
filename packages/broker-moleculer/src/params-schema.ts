import type { JsonSchema } from "@tidegate/core-registry";

/** Deeper schemas say nothing below. */
const deepest = 16;

type Rule = Readonly<Record<string, unknown>>;

const strings = new Set(["string", "email", "url", "uuid", "mac", "luhn", "objectID", "currency"]);
const formats: Readonly<Record<string, string>> = { email: "email", url: "uri", uuid: "uuid" };

/**
 * Translates what a Moleculer action declares for fastest-validator into JSON Schema: types, members, items, choices,
 * what must be there. What cannot be told (`custom`, `class`, unknown rules) is anything. Undefined where nothing is
 * declared. Never throws.
 */
export function paramsSchema(params: unknown): JsonSchema | undefined {
  if (!isObject(params)) return undefined;
  const root = params.$$root === true ? schemaOf(params, 0) : membersOf(params, 0, params.$$strict);
  return root;
}

function membersOf(rules: Rule, depth: number, strict: unknown): JsonSchema {
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
  if (depth > deepest) return {};
  if (Array.isArray(given)) return { anyOf: given.map((rule) => schemaOf(rule, depth + 1)) };
  const rule = normalise(given);
  if (rule === undefined) return {};
  const schema = { ...typed(rule, depth), ...described(rule) };
  return rule.nullable === true ? { anyOf: [schema, { type: "null" }] } : schema;
}

function typed(rule: Rule, depth: number): JsonSchema {
  const { type } = rule;
  if (typeof type !== "string") return {};
  if (strings.has(type))
    return { type: "string", ...text(rule), ...(formats[type] && { format: formats[type] }) };
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
      return array(rule, depth);
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
      return isObject(members) ? membersOf(members, depth, rule.strict) : { type: "object" };
    }
    default:
      return {};
  }
}

function array(rule: Rule, depth: number): JsonSchema {
  return {
    type: "array",
    ...(rule.items !== undefined && { items: schemaOf(rule.items, depth + 1) }),
    ...limits(rule, "minItems", "maxItems"),
  };
}

function text(rule: Rule): JsonSchema {
  return { ...limits(rule, "minLength", "maxLength"), ...(Array.isArray(rule.enum) && { enum: rule.enum }) };
}

function limits(rule: Rule, least: string, most: string): Record<string, number> {
  const found: Record<string, number> = {};
  if (typeof rule.min === "number") found[least] = rule.min;
  if (typeof rule.max === "number") found[most] = rule.max;
  return found;
}

function described(rule: Rule): JsonSchema {
  const description = rule.$$desc ?? rule.description;
  return {
    ...(typeof description === "string" && { description }),
    ...("default" in rule && typeof rule.default !== "function" && { default: rule.default }),
  };
}

/** The long form of a rule: of `"number|optional|min:3"`, `"string[]"`, `true`, and a nested object with `$$type`. */
function normalise(given: unknown): Rule | undefined {
  if (typeof given === "string") return short(given);
  if (!isObject(given)) return undefined;
  if (typeof given.$$type === "string")
    return { ...short(given.$$type), props: given, ...(given.$$strict === true && { strict: true }) };
  return given;
}

function short(given: string): Rule {
  const [head = "any", ...parts] = given.split("|").map((part) => part.trim());
  const rule: Record<string, unknown> = head.endsWith("[]")
    ? { type: "array", items: head.slice(0, -2) }
    : { type: head };
  for (const part of parts) {
    const [name = "", value] = part.split(":", 2);
    if (name !== "__proto__") rule[name] = plain(value);
  }
  return rule;
}

function plain(value: string | undefined): unknown {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  return value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}

function isRequired(given: unknown): boolean {
  if (Array.isArray(given)) return given.every(isRequired);
  const rule = normalise(given);
  if (rule === undefined) return given === true;
  return rule.optional !== true && !("default" in rule) && rule.type !== "forbidden";
}

function isObject(value: unknown): value is Rule {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
