import { TidegateError } from "../../contracts/errors.ts";
import type { JsonSchema } from "../../contracts/json.ts";
import { isExactNumber } from "./exact-number.ts";
import type { CastName } from "./reference.ts";

/** Converts the values of a param to one declared type. */
export interface Cast {
  /** The type for error messages, such as `a number`. */
  readonly expected: string;
  /** Returns the converted value, or `refused`. Never called with undefined. */
  of(value: unknown): unknown;
}

/** The result of a cast for a value that cannot be converted. */
export const refused: unique symbol = Symbol("refused");

const maxShownLength = 60;

const numberCast: Cast = { expected: "a number", of: toNumber };
const integerCast: Cast = {
  expected: "a whole number",
  of: (value) => {
    const number = toNumber(value);
    return Number.isInteger(number) ? number : refused;
  },
};
const booleanCast: Cast = { expected: "true, false, 1 or 0", of: toBoolean };
const stringCast: Cast = { expected: "a string", of: toText };

const namedCasts: Readonly<Record<CastName, Cast>> = {
  number: numberCast,
  boolean: booleanCast,
  string: stringCast,
};

/** Returns the cast of a reference (S3.2). All casts keep null. */
export function namedCast(name: CastName): Cast {
  return namedCasts[name];
}

/**
 * Returns the cast of a text to a declared type (S3.3); undefined where every text fits: for strings, unions
 * with string, and schemas without a type. The cast to a list accepts one value, or the values of a repeated
 * key.
 */
export function declaredCast(schema: JsonSchema): Cast | undefined {
  const types = new Set(typesOf(schema));
  types.delete("null");
  if (types.size === 0 || types.has("string")) return undefined;
  if (types.has("array")) return types.size === 1 ? listCast(schema.items) : undefined;
  const casts = [...types].flatMap((type) => scalarCasts.get(type) ?? []);
  if (casts.length < types.size) return undefined;
  return casts.length === 1 ? casts[0] : firstOf(casts);
}

/** Creates the error of a failed cast (S3.2): status 400, with the name of the param. */
export function castError(
  parameter: string,
  source: string,
  expected: string,
  found: unknown,
): TidegateError {
  const shown = source.startsWith("@context") ? "another value" : formatFound(found);
  const name = parameter === "" ? "The params" : `\`${parameter}\``;
  return new TidegateError("BAD_USER_INPUT", `${name} must be ${expected}; ${source} is ${shown}.`, {
    data: { parameter, source, expected, found: shown },
  });
}

const scalarCasts: ReadonlyMap<string, Cast> = new Map([
  ["number", numberCast],
  ["integer", integerCast],
  ["boolean", booleanCast],
]);

function toNumber(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value === "number") return Number.isFinite(value) ? value : refused;
  // No hex, no spaces, no `Infinity`. Rounding `9007199254740993` would address another id.
  return typeof value === "string" && isExactNumber(value) ? Number(value) : refused;
}

function toBoolean(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (value === "true" || value === "1" || value === 1 || value === "") return true;
  if (value === "false" || value === "0" || value === 0) return false;
  return refused;
}

function toText(value: unknown): unknown {
  if (value === null || typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : refused;
}

function listCast(items: JsonSchema | undefined): Cast {
  const item = items === undefined ? undefined : declaredCast(items);
  return {
    expected: item === undefined ? "a list" : `a list, each ${item.expected}`,
    of: (value) => {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (item === undefined) return [...values];
      const results = values.map((each) => item.of(each));
      return results.includes(refused) ? refused : results;
    },
  };
}

function firstOf(casts: readonly Cast[]): Cast {
  return {
    expected: casts.map((cast) => cast.expected).join(", or "),
    of: (value) => {
      for (const cast of casts) {
        const result = cast.of(value);
        if (result !== refused) return result;
      }
      return refused;
    },
  };
}

function typesOf(schema: JsonSchema): string[] {
  if (typeof schema.type === "string") return [schema.type];
  if (schema.type !== undefined) return [...schema.type];
  if (schema.anyOf !== undefined) return typesOfEach(schema.anyOf);
  if (Array.isArray(schema.oneOf)) return typesOfEach(schema.oneOf);
  return (schema.enum ?? []).map((value) => (value === null ? "null" : typeof value));
}

// A member without a type accepts strings too.
function typesOfEach(members: readonly JsonSchema[]): string[] {
  return members.flatMap((member) => {
    const types = typesOf(member);
    return types.length === 0 ? ["string"] : types;
  });
}

function formatFound(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text;
}
