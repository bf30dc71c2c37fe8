import type { ConnectorDescription, Json, JsonObject, JsonSchema } from "@tidegate/core-registry";
import { embeddableSchema, isJsonObject, propertiesOf, requiresProperty } from "./schema.ts";

/** The values that an endpoint takes from its client, by their place in the request. */
export interface Inputs {
  readonly path: ReadonlyMap<string, Input>;
  readonly query: ReadonlyMap<string, Input>;
  /** The body or the WebSocket message; undefined where the endpoint does not read it. */
  readonly body: Input | undefined;
}

/** One value that a client sends. */
export interface Input {
  readonly schema: JsonObject;
  readonly required: boolean;
}

interface InputsBuilder {
  readonly path: Map<string, Input>;
  readonly query: Map<string, Input>;
  /** The body as a whole, and the members that the mapping reads of it. */
  wholeBody: Input | undefined;
  readonly bodyMembers: Map<string, Input>;
}

/** A reference of a mapping: `@path.id`, `@query.years:number`, `@body.filter.name`. */
interface Reference {
  readonly source: string;
  readonly keys: readonly string[];
  readonly cast: string | undefined;
}

const anyInput: Input = { schema: {}, required: false };
const reference = /^@(path|query|body|message)((?:\.[^.:[\]]+)*)(?::(number|boolean|string))?(?:\[\])?$/;

/**
 * Finds the values that a connector reads of its request: those that its mapping refers to (S3), and the
 * implicit params of its action (S3.3).
 *
 * @param pathNames names of the parameters in the route's path
 * @param declared the action's params
 */
export function connectorInputs(
  connector: ConnectorDescription,
  pathNames: ReadonlySet<string>,
  declared: JsonSchema | undefined,
): Inputs {
  const builder: InputsBuilder = {
    path: new Map(),
    query: new Map(),
    wholeBody: undefined,
    bodyMembers: new Map(),
  };
  const { params } = connector;
  if (isJsonObject(params)) readMapping(builder, params, declared);
  else if (params !== undefined) readValue(builder, params, declared && toInput(declared, true));
  if (connector.implicitParams === true && (params === undefined || isJsonObject(params))) {
    const mapped = new Set(Object.keys(params ?? {}));
    readImplicit(builder, connector.implicitSources ?? [], pathNames, declared, mapped);
  }
  return { path: builder.path, query: builder.query, body: buildBody(builder) };
}

function readMapping(builder: InputsBuilder, params: JsonObject, declared: JsonSchema | undefined): void {
  const properties = propertiesOf(declared);
  for (const [name, value] of Object.entries(params)) {
    const property = properties[name];
    readValue(builder, value, property && toInput(property, requiresProperty(declared, name)));
  }
}

/** Finds references at any depth. The declared schema applies only where the value itself is a reference. */
function readValue(builder: InputsBuilder, value: Json, declared: Input | undefined): void {
  if (typeof value === "string") {
    const parsed = parseReference(value);
    if (parsed !== undefined) addReference(builder, parsed, declared);
  } else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) readValue(builder, inner, undefined);
}

function readImplicit(
  builder: InputsBuilder,
  sources: readonly string[],
  pathNames: ReadonlySet<string>,
  declared: JsonSchema | undefined,
  mapped: ReadonlySet<string>,
): void {
  const otherSource = sources.find((source) => source !== "path");
  for (const [name, schema] of Object.entries(propertiesOf(declared))) {
    if (mapped.has(name)) continue;
    const source = sources.includes("path") && pathNames.has(name) ? "path" : otherSource;
    if (source === undefined) continue;
    const input = toInput(schema, requiresProperty(declared, name));
    addReference(builder, { source, keys: [name], cast: undefined }, input);
  }
}

function addReference(
  builder: InputsBuilder,
  { source, keys, cast }: Reference,
  declared: Input | undefined,
): void {
  const [name, ...innerKeys] = keys;
  const known = declared ?? anyInput;
  const input = cast === undefined ? known : { ...known, schema: { type: cast } };
  if (source === "body" || source === "message") addToBody(builder, name, innerKeys, input);
  else if (source === "path") {
    if (name !== undefined) addInput(builder.path, name, input);
  } else if (name === undefined) addWholeQuery(builder.query, known.schema);
  else addInput(builder.query, name, innerKeys.length > 0 ? anyInput : input);
}

function addToBody(
  builder: InputsBuilder,
  name: string | undefined,
  innerKeys: readonly string[],
  input: Input,
): void {
  if (name === undefined) builder.wholeBody ??= input;
  else {
    const schema = nestedSchema(innerKeys, input);
    addInput(builder.bodyMembers, name, { ...input, schema });
  }
}

/** A reference to the whole query reads an object, whose declared properties are the query parameters. */
function addWholeQuery(query: Map<string, Input>, schema: JsonObject): void {
  const { properties } = schema;
  if (!isJsonObject(properties)) return;
  for (const [name, property] of Object.entries(properties))
    if (isJsonObject(property))
      addInput(query, name, { schema: property, required: requiresProperty(schema, name) });
}

function nestedSchema(keys: readonly string[], input: Input): JsonObject {
  const [key, ...innerKeys] = keys;
  if (key === undefined) return input.schema;
  const schema: JsonObject = { type: "object", properties: { [key]: nestedSchema(innerKeys, input) } };
  return input.required ? { ...schema, required: [key] } : schema;
}

/** Adds an input, or merges it with the earlier one of the same name. */
function addInput(inputs: Map<string, Input>, name: string, input: Input): void {
  const earlier = inputs.get(name);
  const merged = earlier && {
    schema: mergeSchemas(earlier.schema, input.schema),
    required: earlier.required || input.required,
  };
  inputs.set(name, merged ?? input);
}

/** Merges two object schemas. Of two other schemas the first one that is not empty wins. */
function mergeSchemas(a: JsonObject, b: JsonObject): JsonObject {
  if (isJsonObject(a.properties) && isJsonObject(b.properties)) {
    const required = [a.required, b.required].flatMap((names) => (Array.isArray(names) ? names : []));
    const properties = mergeProperties(a.properties, b.properties);
    return { ...a, ...b, properties, ...(required.length > 0 && { required: [...new Set(required)] }) };
  }
  return Object.keys(a).length > 0 ? a : b;
}

function mergeProperties(a: JsonObject, b: JsonObject): JsonObject {
  const merged = Object.entries(b).map(([name, schema]): [string, Json] => {
    const earlier = a[name];
    return [name, isJsonObject(earlier) && isJsonObject(schema) ? mergeSchemas(earlier, schema) : schema];
  });
  return { ...a, ...Object.fromEntries(merged) };
}

function buildBody({ wholeBody, bodyMembers }: InputsBuilder): Input | undefined {
  if (bodyMembers.size === 0) return wholeBody;
  const members = [...bodyMembers];
  const required = members.filter(([, input]) => input.required).map(([name]) => name);
  const properties = Object.fromEntries(members.map(([name, input]) => [name, input.schema]));
  const schema: JsonObject = { type: "object", properties, ...(required.length > 0 && { required }) };
  if (wholeBody === undefined) return { schema, required: required.length > 0 };
  return {
    schema: mergeSchemas(wholeBody.schema, schema),
    required: wholeBody.required || required.length > 0,
  };
}

function parseReference(text: string): Reference | undefined {
  const match = reference.exec(text);
  if (match === null) return undefined;
  const [, source = "", keys = "", cast] = match;
  return { source, keys: keys.split(".").slice(1), cast };
}

function toInput(schema: JsonSchema, required: boolean): Input {
  const embedded = embeddableSchema(schema);
  return { schema: embedded, required: required && embedded.default === undefined };
}
