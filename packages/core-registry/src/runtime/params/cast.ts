import { TidegateError } from "../../contracts/errors.ts";
import type { JsonSchema } from "../../contracts/json.ts";
import type { CastName } from "./reference.ts";

/** Makes a value of the wanted kind, or `refused` where it cannot be one. Never called with an absent value. */
export interface Cast {
  /** What it makes, for people: `a number`. */
  readonly expected: string;
  /** The value, or `refused`. */
  of(value: unknown): unknown;
}

/** What a cast answers where a value cannot become what is wanted. */
export const refused: unique symbol = Symbol("refused");

// No hex, no blanks, no `Infinity`; and no whole number that a number cannot hold: `9007199254740993` is another player.
const decimal = /^[-+.\deE]+$/;
const whole = /^[-+]?\d+$/;
const shownLength = 60;

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

/** The cast that a mapping names (S3.2). An explicit null stays null under all of them. */
export function namedCast(name: CastName): Cast {
  return namedCasts[name];
}

/**
 * The cast that a declared type asks of a text (S3.3), or undefined where the text is right as it is: strings, unions
 * with string, and what says no type. A list takes one value, or several of a repeated key.
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

/** The error of a cast that failed (S3.2): 400, with the parameter's name. */
export function castError(
  parameter: string,
  source: string,
  expected: string,
  found: unknown,
): TidegateError {
  const shown = source.startsWith("@context") ? "something else" : show(found);
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
  if (typeof value !== "string" || !decimal.test(value)) return refused;
  const number = Number(value);
  if (!Number.isFinite(number) || (whole.test(value) && !Number.isSafeInteger(number))) return refused;
  return number;
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
      const made = values.map((each) => item.of(each));
      return made.includes(refused) ? refused : made;
    },
  };
}

function firstOf(casts: readonly Cast[]): Cast {
  return {
    expected: casts.map((cast) => cast.expected).join(", or "),
    of: (value) => {
      for (const cast of casts) {
        const made = cast.of(value);
        if (made !== refused) return made;
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

// A member that says no type can be a string as well.
function typesOfEach(members: readonly JsonSchema[]): string[] {
  return members.flatMap((member) => {
    const types = typesOf(member);
    return types.length === 0 ? ["string"] : types;
  });
}

function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}
