import { TidegateError } from "@tidegate/core-registry";

/** An argument as it is sent into the sandbox. */
export interface EncodedArgument {
  /** The value as JSON; empty for undefined. */
  readonly json: string;
  /** Present where the argument contains values that cannot leave the gateway (S2.6). */
  readonly tokens?: TokenTable;
}

/** The streams, files and bytes of one argument. The sandbox gets a token with metadata for each of them. */
export interface TokenTable {
  /** Name of the member that marks a token. New for each call, so data cannot imitate a token. */
  readonly nonce: string;
  /** The values; the index is the number of the token. */
  readonly values: readonly unknown[];
}

const maxDepth = 500;

/**
 * Encodes an argument: data as JSON; streams, files and bytes as tokens.
 *
 * @param maxLength UTF-16 units of JSON
 * @throws {TidegateError} `FUNCTION_MEMORY` where it is too long or nested too deeply; `FUNCTION_THREW` where
 * it is not data
 */
export function encodeArgument(argument: unknown, maxLength: number): EncodedArgument {
  const encoded = containsOpaque(argument, maxLength)
    ? encodeWithTokens(argument)
    : { json: encodePlain(argument) };
  if (encoded.json.length <= maxLength) return encoded;
  throw argumentTooLarge(`has ${encoded.json.length} characters of JSON; the maximum is ${maxLength}`);
}

function encodePlain(argument: unknown): string {
  try {
    return JSON.stringify(argument) ?? "";
  } catch (cause) {
    throw notDataError(cause);
  }
}

function encodeWithTokens(argument: unknown): EncodedArgument {
  const nonce = crypto.randomUUID();
  const values: unknown[] = [];
  const numbers = new Map<object, number>();
  const replace = function (this: unknown, key: string, given: unknown): unknown {
    // Where a value has `toJSON`, `given` is the result of that method.
    const value = (this as Readonly<Record<string, unknown>>)[key];
    if (typeof value !== "object" || value === null || !isOpaque(value)) return given;
    const number = numbers.get(value) ?? values.push(value) - 1;
    numbers.set(value, number);
    return { ...metadataOf(value), [nonce]: number };
  };
  try {
    return { json: JSON.stringify(argument, replace) ?? "", tokens: { nonce, values } };
  } catch (cause) {
    throw notDataError(cause);
  }
}

/**
 * Walks through an argument before it is encoded. Tests whether it contains a value that is not data (most
 * contain none), and throws early where it is too deep or certainly too long, so that the gateway spends no
 * time on it.
 */
function containsOpaque(argument: unknown, maxLength: number): boolean {
  let length = 0;
  let found = false;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === "string") length += value.length;
    if (length > maxLength) throw argumentTooLarge(`has more than ${maxLength} characters of JSON`);
    if (typeof value !== "object" || value === null) return;
    length += 2;
    if (depth > maxDepth) throw argumentTooLarge(`is nested deeper than ${maxDepth} levels`);
    if (isOpaque(value)) found = true;
    else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1);
    else if (!("toJSON" in value))
      for (const key in value) visit((value as Readonly<Record<string, unknown>>)[key], depth + 1);
  };
  visit(argument, 0);
  return found;
}

function argumentTooLarge(reason: string): TidegateError {
  return new TidegateError("FUNCTION_MEMORY", `The argument of a function ${reason}`);
}

function notDataError(cause: unknown): TidegateError {
  return new TidegateError("FUNCTION_THREW", "The argument of a function is not data", { cause });
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

const metadataNames = ["filename", "mimetype", "encoding", "byteLength", "size", "type"] as const;

/** The metadata of a stream, a file or bytes that functions can read. */
function metadataOf(value: object): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  for (const name of metadataNames) {
    const member = name in value ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    if (typeof member === "string" || typeof member === "number") metadata[name] = member;
  }
  return metadata;
}

const protoKey = '"__proto__"';

/**
 * Decodes a result. Empty text is undefined; members named `__proto__` are left out; a token becomes the
 * value again that it stands for.
 *
 * @param json written by the engine's own JSON, so a key never contains needless escapes
 */
export function decodeResult(json: string, tokens: TokenTable | undefined): unknown {
  if (json === "") return undefined;
  const hasProto = json.includes(protoKey);
  if (tokens === undefined && !hasProto) return JSON.parse(json);
  return JSON.parse(json, (key, value) => {
    if (key === "__proto__") return undefined;
    if (tokens === undefined || typeof value !== "object" || value === null) return value;
    return Object.hasOwn(value, tokens.nonce) ? tokens.values[Number(value[tokens.nonce])] : value;
  });
}
