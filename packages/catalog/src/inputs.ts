import type { ConnectorDescription, Json, JsonObject, JsonSchema } from "@tidegate/core-registry";
import { demands, embeddedSchema, propertiesOf } from "./schema.ts";

/** What an endpoint takes from its client, by where it stands. */
export interface Inputs {
  /** What its path parameters are declared to be, by name. */
  readonly path: ReadonlyMap<string, Input>;
  /** Its query parameters, by name. */
  readonly query: ReadonlyMap<string, Input>;
  /** Its body, or a socket's message, where it reads one. */
  readonly body: Input | undefined;
}

/** One value that a client sends. */
export interface Input {
  /** What it is. */
  readonly schema: JsonObject;
  /** Whether it must be there. */
  readonly required: boolean;
}

interface Draft {
  readonly path: Map<string, Input>;
  readonly query: Map<string, Input>;
  readonly body: BodyDraft;
}

interface BodyDraft {
  whole: Input | undefined;
  readonly members: Map<string, Input>;
}

interface Reference {
  readonly source: string;
  readonly keys: readonly string[];
  readonly cast: string | undefined;
}

const anything: Input = { schema: {}, required: false };
const reference = /^@(path|query|body|message)((?:\.[^.:[\]]+)*)(?::(number|boolean|string))?(?:\[\])?$/;

/**
 * What a connector reads of its request, found in its mapping (S3) and in what the action declares: parameters
 * that the mapping names, and those that are filled in by themselves (S3.3).
 * @param pathNames the parameters of the route's path
 * @param declared what the action declares to take
 */
export function connectorInputs(
  connector: ConnectorDescription,
  pathNames: ReadonlySet<string>,
  declared: JsonSchema | undefined,
): Inputs {
  const draft: Draft = { path: new Map(), query: new Map(), body: { whole: undefined, members: new Map() } };
  const { params } = connector;
  if (isMapping(params)) readMapping(draft, params, declared);
  else if (params !== undefined) readValue(draft, params, declared && toInput(declared, true));
  if (connector.implicitParams === true && (params === undefined || isMapping(params))) {
    readImplicit(
      draft,
      connector.implicitSources ?? [],
      pathNames,
      declared,
      new Set(Object.keys(params ?? {})),
    );
  }
  return { path: draft.path, query: draft.query, body: toBody(draft.body) };
}

function readMapping(draft: Draft, params: JsonObject, declared: JsonSchema | undefined): void {
  const properties = propertiesOf(declared);
  for (const [name, value] of Object.entries(params)) {
    const property = properties[name];
    readValue(draft, value, property && toInput(property, demands(declared, name)));
  }
}

/** Reads references to any depth; only a value that is a reference itself is what the action declares. */
function readValue(draft: Draft, value: Json, declared: Input | undefined): void {
  if (typeof value === "string") {
    const read = parseReference(value);
    if (read !== undefined) note(draft, read, declared);
  } else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) readValue(draft, inner, undefined);
  }
}

function readImplicit(
  draft: Draft,
  sources: readonly string[],
  pathNames: ReadonlySet<string>,
  declared: JsonSchema | undefined,
  named: ReadonlySet<string>,
): void {
  const elsewhere = sources.find((source) => source !== "path");
  for (const [name, schema] of Object.entries(propertiesOf(declared))) {
    if (named.has(name)) continue;
    const source = sources.includes("path") && pathNames.has(name) ? "path" : elsewhere;
    if (source === undefined) continue;
    note(draft, { source, keys: [name], cast: undefined }, toInput(schema, demands(declared, name)));
  }
}

function note(draft: Draft, { source, keys, cast }: Reference, declared: Input | undefined): void {
  const [name, ...deeper] = keys;
  const known = declared ?? anything;
  const input = cast === undefined ? known : { ...known, schema: { type: cast } };
  if (source === "body" || source === "message") noteBody(draft.body, name, deeper, input);
  if (source === "path" && name !== undefined) add(draft.path, name, input);
  if (source === "query" && name !== undefined) add(draft.query, name, deeper.length > 0 ? anything : input);
  if (source === "query" && name === undefined) noteWholeQuery(draft.query, known.schema);
}

function noteBody(body: BodyDraft, name: string | undefined, deeper: readonly string[], input: Input): void {
  if (name === undefined) body.whole ??= input;
  else add(body.members, name, deeper.length === 0 ? input : { ...input, schema: nested(deeper, input) });
}

/** The query as a whole is an object: its declared members are the parameters. */
function noteWholeQuery(query: Map<string, Input>, schema: JsonObject): void {
  const properties = schema.properties;
  if (!isMapping(properties)) return;
  for (const [name, property] of Object.entries(properties)) {
    if (isMapping(property)) add(query, name, { schema: property, required: demands(schema, name) });
  }
}

function nested(keys: readonly string[], input: Input): JsonObject {
  const [key, ...deeper] = keys;
  if (key === undefined) return input.schema;
  const schema: JsonObject = { type: "object", properties: { [key]: nested(deeper, input) } };
  return input.required ? { ...schema, required: [key] } : schema;
}

/** The first one that says what it is wins; one that must be there makes it required. */
function add(inputs: Map<string, Input>, name: string, input: Input): void {
  const before = inputs.get(name);
  if (before === undefined) inputs.set(name, input);
  else
    inputs.set(name, {
      schema: merged(before.schema, input.schema),
      required: before.required || input.required,
    });
}

function merged(a: JsonObject, b: JsonObject): JsonObject {
  if (isMapping(a.properties) && isMapping(b.properties)) {
    const required = [a.required, b.required].flatMap((names) => (Array.isArray(names) ? names : []));
    const properties = mergedProperties(a.properties, b.properties);
    return { ...a, ...b, properties, ...(required.length > 0 && { required: [...new Set(required)] }) };
  }
  return Object.keys(a).length > 0 ? a : b;
}

function mergedProperties(a: JsonObject, b: JsonObject): JsonObject {
  const both = Object.entries(b).map(([name, schema]): [string, Json] => {
    const before = a[name];
    return [name, isMapping(before) && isMapping(schema) ? merged(before, schema) : schema];
  });
  return { ...a, ...Object.fromEntries(both) };
}

function toBody({ whole, members }: BodyDraft): Input | undefined {
  if (members.size === 0) return whole;
  const required = [...members].filter(([, input]) => input.required).map(([name]) => name);
  const properties = Object.fromEntries([...members].map(([name, input]) => [name, input.schema]));
  const schema: JsonObject = { type: "object", properties, ...(required.length > 0 && { required }) };
  if (whole === undefined) return { schema, required: required.length > 0 };
  return { schema: merged(whole.schema, schema), required: whole.required || required.length > 0 };
}

function parseReference(text: string): Reference | undefined {
  const match = reference.exec(text);
  if (match === null) return undefined;
  const [, source = "", keys = "", cast] = match;
  return { source, keys: keys.split(".").slice(1), cast };
}

function toInput(schema: JsonSchema, required: boolean): Input {
  const embedded = embeddedSchema(schema);
  return { schema: embedded, required: required && embedded.default === undefined };
}

function isMapping(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
