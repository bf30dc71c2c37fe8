import { TidegateError } from "@tidegate/core-registry";

/** An argument on its way into the sandbox. */
export interface EncodedArgument {
  /** Its JSON; empty: undefined. */
  readonly json: string;
  /** Present where there are values that only the gateway can hold (S2.6). */
  readonly tokens?: Tokens;
}

/** Values that stay in the gateway: the sandbox has a token for each, with what describes it. */
export interface Tokens {
  /** The member that marks a token, new for each call: data cannot be taken for one. */
  readonly nonce: string;
  /** The values, by a token's number. */
  readonly values: readonly unknown[];
}

const deepest = 500;

/**
 * Makes an argument into text. Data as JSON does; a stream, a file and bytes become tokens.
 *
 * @param longest the most UTF-16 units of JSON
 * @throws {TidegateError} `FUNCTION_MEMORY` where it is too long or nested too deep; `FUNCTION_THREW` where it is no data
 */
export function encodeArgument(argument: unknown, longest: number): EncodedArgument {
  const encoded = holdsOpaque(argument, longest) ? withTokens(argument) : { json: plain(argument) };
  if (encoded.json.length <= longest) return encoded;
  throw tooMuch(`is ${encoded.json.length} characters of JSON; at most ${longest} are passed`);
}

function plain(argument: unknown): string {
  try {
    return JSON.stringify(argument) ?? "";
  } catch (cause) {
    throw new TidegateError("FUNCTION_THREW", "A function's argument is no data", { cause });
  }
}

function withTokens(argument: unknown): EncodedArgument {
  const nonce = crypto.randomUUID();
  const values: unknown[] = [];
  const numbers = new Map<object, number>();
  const replace = function (this: unknown, key: string, given: unknown): unknown {
    // Where a value has toJSON, `given` is already what that made of it.
    const value = (this as Readonly<Record<string, unknown>>)[key];
    if (typeof value !== "object" || value === null || !isOpaque(value)) return given;
    const number = numbers.get(value) ?? values.push(value) - 1;
    numbers.set(value, number);
    return { ...metadataOf(value), [nonce]: number };
  };
  try {
    return { json: JSON.stringify(argument, replace) ?? "", tokens: { nonce, values } };
  } catch (cause) {
    throw new TidegateError("FUNCTION_THREW", "A function's argument is no data", { cause });
  }
}

/**
 * Looks through an argument before it is made into text: whether something in it is no data (most have none), and
 * whether it is too deep or surely too long, so that the gateway spends no more on it than it has to.
 */
function holdsOpaque(argument: unknown, longest: number): boolean {
  let length = 0;
  let found = false;
  const look = (value: unknown, depth: number): void => {
    if (typeof value === "string") length += value.length;
    if (length > longest) throw tooMuch(`is more than ${longest} characters of JSON`);
    if (typeof value !== "object" || value === null) return;
    length += 2;
    if (depth > deepest) throw tooMuch(`is nested deeper than ${deepest} levels`);
    if (isOpaque(value)) found = true;
    else if (Array.isArray(value)) for (const item of value) look(item, depth + 1);
    else if (!("toJSON" in value))
      for (const key in value) look((value as Readonly<Record<string, unknown>>)[key], depth + 1);
  };
  look(argument, 0);
  return found;
}

function tooMuch(why: string): TidegateError {
  return new TidegateError("FUNCTION_MEMORY", `A function's argument ${why}`);
}

function isOpaque(value: object): boolean {
  if ("createReadStream" in value && typeof value.createReadStream === "function") return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob) return true;
  return isStream(value);
}

function isStream(value: object): boolean {
  if ("pipe" in value && typeof value.pipe === "function") return true;
  return value instanceof ReadableStream || (Symbol.asyncIterator in value && !Array.isArray(value));
}

const described = ["filename", "mimetype", "encoding", "byteLength", "size", "type"] as const;

/** What a function may see of it. */
function metadataOf(value: object): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  for (const name of described) {
    const said = name in value ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    if (typeof said === "string" || typeof said === "number") metadata[name] = said;
  }
  return metadata;
}
