import { isOpaque } from "@tidegate/core-registry";
import { GraphQLError, GraphQLScalarType } from "graphql";
import type { ScalarOption } from "../options.ts";
import { discard } from "./discard.ts";

const dateTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
const datePattern = /^\d{4}-\d\d-\d\d$/;
const timePattern = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/i;
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The scalars that the gateway provides (S5.1), by name. */
export function providedScalars(
  more: Readonly<Record<string, ScalarOption>>,
): ReadonlyMap<string, GraphQLScalarType> {
  const options: Readonly<Record<string, ScalarOption>> = { ...ownScalars, ...more };
  return new Map(Object.entries(options).map(([name, option]) => [name, scalar(name, option)]));
}

const ownScalars: Readonly<Record<string, ScalarOption>> = {
  JSON: { description: "Any JSON.", output: jsonOut, input: jsonIn },
  DateTime: {
    description: "A date with a time and an offset: `2026-11-21T20:45:00Z` (RFC 3339).",
    specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
    output: (value) => dateTime(value instanceof Date ? isoOf(value) : value),
    input: dateTime,
  },
  Date: {
    description: "A date: `2026-11-21` (RFC 3339).",
    output: (value) => date(value instanceof Date ? isoOf(value).slice(0, 10) : value),
    input: date,
  },
  Time: {
    description: "A time of the day: `20:45:00`, with or without an offset (RFC 3339).",
    output: (value) => time(value instanceof Date ? isoOf(value).slice(11) : value),
    input: time,
  },
  Upload: {
    description: "A file of a multipart request.",
    output: () => refuse("Upload", "is taken, never given"),
    input: () => refuse("Upload", "needs a multipart request, which this gateway does not take yet"),
  },
};

function scalar(
  name: string,
  { description, specifiedByURL, output, input }: ScalarOption,
): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    ...(description === undefined ? {} : { description }),
    ...(specifiedByURL === undefined ? {} : { specifiedByURL }),
    ...(output === undefined ? {} : { coerceOutputValue: output, serialize: output }),
    ...(input === undefined ? {} : { coerceInputValue: input, parseValue: input }),
  });
}

function dateTime(value: unknown): string {
  if (
    typeof value === "string" &&
    dateTimePattern.test(value) &&
    isDay(value) &&
    !Number.isNaN(Date.parse(value))
  )
    return value;
  return refuse("DateTime", `cannot be ${shown(value)}: expected a date and time like 2026-11-21T20:45:00Z`);
}

function date(value: unknown): string {
  if (typeof value === "string" && datePattern.test(value) && isDay(value)) return value;
  return refuse("Date", `cannot be ${shown(value)}: expected a date like 2026-11-21`);
}

function time(value: unknown): string {
  if (typeof value === "string" && timePattern.test(value)) return value;
  return refuse("Time", `cannot be ${shown(value)}: expected a time like 20:45:00`);
}

// `Date.parse` takes 31 February for 3 March.
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

function isoOf(value: Date): string {
  return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
}

function jsonOut(value: unknown): unknown {
  if (!isOpaque(value)) return value;
  discard(value);
  return refuse("JSON", "cannot be a stream, a file or bytes");
}

// What a literal holds did not pass the body's reader: these names never resolve (S3.4).
function jsonIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonIn);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !forbiddenKeys.has(key));
  return Object.fromEntries(entries.map(([key, member]) => [key, jsonIn(member)]));
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : `a ${typeof value}`;
}

function refuse(name: string, why: string): never {
  throw new GraphQLError(`${name} ${why}.`);
}
