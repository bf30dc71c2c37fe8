import { discardStream, isOpaque } from "@tidegate/core-registry/runtime";
import {
  GraphQLError,
  GraphQLScalarType,
  isTypeDefinitionNode,
  parse,
  specifiedScalarTypes,
  type TypeDefinitionNode,
} from "graphql";
import { fieldsOf, typeSystemNodes } from "../definitions/type-nodes.ts";
import type { ScalarOption } from "../options.ts";

/** The types of every schema (S5.1), without the scalars. */
const providedTypeDefs = `
"An object with a globally unique ID."
interface Node {
  id: ID!
}

type Query {
  "Always null: the gateway cannot fetch objects by ID yet."
  node(id: ID!): Node
  "The name of the API version that executes this operation."
  _version: String!
}
`;

const definitionsByScalars = new WeakMap<
  ReadonlyMap<string, GraphQLScalarType>,
  readonly TypeDefinitionNode[]
>();

/** Returns the definitions of the provided types, scalars included. Equal arguments get the same nodes. */
export function providedDefinitions(
  scalars: ReadonlyMap<string, GraphQLScalarType>,
): readonly TypeDefinitionNode[] {
  const scalarDefinitions = [...scalars.keys()].map((name) => `scalar ${name}`);
  const definitions =
    definitionsByScalars.get(scalars) ??
    parseDefinitions(`${providedTypeDefs}${scalarDefinitions.join("\n")}`);
  definitionsByScalars.set(scalars, definitions);
  return definitions;
}

/** Root operation types that have no provided field. A schema contains one if a fragment extends it. */
export const emptyRootTypes: readonly TypeDefinitionNode[] = parseDefinitions(
  "type Mutation type Subscription",
);

function parseDefinitions(text: string): readonly TypeDefinitionNode[] {
  return parse(text, { noLocation: true }).definitions.filter(isTypeDefinitionNode);
}

/** Returns the names that no fragment can define. */
export function providedNames(scalars: ReadonlyMap<string, GraphQLScalarType>): ReadonlySet<string> {
  const builtIn = specifiedScalarTypes.map(({ name }) => name);
  return new Set([...builtIn, ...scalars.keys(), "Node", "Query", "Mutation", "Subscription"]);
}

/** Returns the fields of root types that no fragment can add, such as `Query.node`. */
export function providedFieldNames(): ReadonlySet<string> {
  const definitions = typeSystemNodes(parse(providedTypeDefs, { noLocation: true }));
  return new Set(
    definitions.flatMap((node) => fieldsOf(node).map((field) => `${node.name.value}.${field.name.value}`)),
  );
}

/** Returns the scalars that the gateway provides (S5.1), by name. `options` adds scalars or replaces them. */
export function providedScalars(
  options: Readonly<Record<string, ScalarOption>>,
): ReadonlyMap<string, GraphQLScalarType> {
  const all: Readonly<Record<string, ScalarOption>> = { ...defaultScalars, ...options };
  return new Map(Object.entries(all).map(([name, option]) => [name, createScalar(name, option)]));
}

function createScalar(
  name: string,
  { description, specifiedByURL, output, input }: ScalarOption,
): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    ...(description === undefined ? {} : { description }),
    ...(specifiedByURL === undefined ? {} : { specifiedByURL }),
    ...(output === undefined ? {} : { coerceOutputValue: (value) => withPublicMessage(() => output(value)) }),
    ...(input === undefined ? {} : { coerceInputValue: input }),
  });
}

// The client gets the messages of GraphQL errors only.
function withPublicMessage(convert: () => unknown): unknown {
  try {
    return convert();
  } catch (error) {
    throw error instanceof GraphQLError ? error : new GraphQLError(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const defaultScalars: Readonly<Record<string, ScalarOption>> = {
  JSON: { description: "Any JSON value.", output: jsonOutput, input: jsonInput },
  DateTime: {
    description: "A date and time with an offset: `2026-11-21T20:45:00Z` (RFC 3339).",
    specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
    output: (value) => dateTime(value instanceof Date ? isoString(value) : value),
    input: dateTime,
  },
  Date: {
    description: "A date: `2026-11-21` (RFC 3339).",
    output: (value) => date(isoText(value)?.slice(0, 10) ?? value),
    input: date,
  },
  Time: {
    description: "A time of day, with or without an offset: `20:45:00` (RFC 3339).",
    output: (value) => time(isoText(value)?.slice(11) ?? value),
    input: time,
  },
  Upload: {
    description: "A file of a multipart request.",
    output: () => fail("Upload is an input type and cannot be returned."),
    input: () => fail("Upload needs a multipart request, which this gateway does not support yet."),
  },
};

const dateTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
const datePattern = /^\d{4}-\d\d-\d\d$/;
const timePattern = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/i;
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

function dateTime(value: unknown): string {
  if (
    typeof value === "string" &&
    dateTimePattern.test(value) &&
    isCalendarDate(value) &&
    !Number.isNaN(Date.parse(value))
  )
    return value;
  return cannotRepresent("DateTime", value, "a date and time such as 2026-11-21T20:45:00Z");
}

function date(value: unknown): string {
  if (typeof value === "string" && datePattern.test(value) && isCalendarDate(value)) return value;
  return cannotRepresent("Date", value, "a date such as 2026-11-21");
}

function time(value: unknown): string {
  if (typeof value === "string" && timePattern.test(value)) return value;
  return cannotRepresent("Time", value, "a time such as 20:45:00");
}

// `Date.parse` reads 31 February as 3 March.
function isCalendarDate(text: string): boolean {
  const day = text.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

/** Matches what JSON makes of a `Date`: so it arrives in the answers of services (S4.5). */
const jsonDatePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The ISO text of a `Date`, or of what JSON made of one; undefined for anything else. */
function isoText(value: unknown): string | undefined {
  if (value instanceof Date) return isoString(value);
  return typeof value === "string" && jsonDatePattern.test(value) ? value : undefined;
}

function isoString(value: Date): string {
  return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
}

function jsonOutput(value: unknown): unknown {
  if (!isOpaque(value)) return value;
  discardStream(value);
  return fail("JSON cannot represent a stream, a file or bytes.");
}

// The parser of request bodies removes these keys (S3.4), and literals in a document do not pass that parser.
function jsonInput(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonInput);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !forbiddenKeys.has(key));
  return Object.fromEntries(entries.map(([key, member]) => [key, jsonInput(member)]));
}

function cannotRepresent(scalar: string, value: unknown, expected: string): never {
  const found =
    typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : `a value of type ${typeof value}`;
  return fail(`${scalar} cannot represent ${found}: expected ${expected}.`);
}

function fail(message: string): never {
  throw new GraphQLError(message);
}
