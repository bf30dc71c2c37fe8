import { ArgumentError, isObject } from "@tidegate/core-registry/runtime";

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

/** Why a value cannot be sent into the sandbox. */
class Refusal {
  readonly code: "FUNCTION_MEMORY" | "FUNCTION_THREW";
  readonly reason: string;
  readonly cause: unknown;

  constructor(code: Refusal["code"], reason: string, cause?: unknown) {
    this.code = code;
    this.reason = reason;
    this.cause = cause;
  }
}

/**
 * Encodes an argument: data as JSON; streams, files and bytes as tokens.
 *
 * @param maxLength UTF-16 units of JSON
 * @throws {ArgumentError} `FUNCTION_MEMORY` where it is too long or nested too deeply; `FUNCTION_THREW` where
 * it is not data
 */
export function encodeArgument(argument: unknown, maxLength: number): EncodedArgument {
  try {
    return encode(argument, maxLength);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const { code, reason, cause } = refusal;
    throw new ArgumentError(code, { path: refusedPath(argument, maxLength), reason }, { cause });
  }
}

/** Throws a `Refusal` where the value cannot be encoded. */
function encode(argument: unknown, maxLength: number): EncodedArgument {
  const encoded = containsOpaque(argument, maxLength)
    ? encodeWithTokens(argument)
    : { json: encodePlain(argument) };
  const { length } = encoded.json;
  if (length <= maxLength) return encoded;
  throw new Refusal("FUNCTION_MEMORY", `has ${length} characters of JSON; the maximum is ${maxLength}`);
}

/**
 * Finds the part of a refused argument that is refused by itself: a member such as `response`, or one of
 * `request`. Empty where the parts are refused only together.
 */
function refusedPath(argument: unknown, maxLength: number): readonly string[] {
  const name = refusedMember(argument, (part) => isRefused(part, maxLength));
  if (name !== "request") return name === undefined ? [] : [name];
  const { request } = Object(argument);
  const inner = refusedMember(request, (part) => isRefused({ request: part }, maxLength));
  return inner === undefined ? [name] : [name, inner];
}

function refusedMember(value: unknown, isRefusedPart: (part: object) => boolean): string | undefined {
  if (!isObject(value)) return undefined;
  return Object.keys(value).find((name) => isRefusedPart({ [name]: value[name] }));
}

function isRefused(value: unknown, maxLength: number): boolean {
  try {
    encode(value, maxLength);
    return false;
  } catch {
    return true;
  }
}

function encodePlain(argument: unknown): string {
  try {
    return JSON.stringify(argument) ?? "";
  } catch (cause) {
    throw notData(cause);
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
    throw notData(cause);
  }
}

/**
 * Walks through an argument before it is encoded. Tests whether it contains a value that is not data (most
 * contain none), and throws a `Refusal` early where it is too deep or certainly too long, so that the gateway
 * spends no time on it.
 */
function containsOpaque(argument: unknown, maxLength: number): boolean {
  let length = 0;
  let found = false;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === "string") length += value.length;
    if (length > maxLength)
      throw new Refusal("FUNCTION_MEMORY", `has more than ${maxLength} characters of JSON`);
    if (typeof value !== "object" || value === null) return;
    length += 2;
    if (depth > maxDepth)
      throw new Refusal("FUNCTION_MEMORY", `is circular, or nested deeper than ${maxDepth} levels`);
    if (isOpaque(value)) found = true;
    else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1);
    else if (!("toJSON" in value))
      for (const key in value) visit((value as Readonly<Record<string, unknown>>)[key], depth + 1);
  };
  visit(argument, 0);
  return found;
}

function notData(cause: unknown): Refusal {
  const reason = cause instanceof Error ? `: ${cause.message.split("\n", 1)[0]}` : "";
  return new Refusal("FUNCTION_THREW", `is not data${reason}`, cause);
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
