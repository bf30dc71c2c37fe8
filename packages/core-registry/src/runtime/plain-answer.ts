import { TidegateError } from "../contracts/errors.ts";
import { isOpaque } from "./values.ts";

/**
 * Returns the answer of a local action as a remote one would arrive (S4.5, S8), so that clients see no
 * difference: what JSON makes of it, and bytes below the root as Base64. A stream, a file or bytes that are
 * the whole answer, or its `$body`, stay as they are. Copies only what it changes.
 * @throws {TidegateError} `REPLY_INVALID` for what JSON cannot express: circular data, a big integer, a
 * stream or file below the root, a `toJSON` that throws
 */
export function plainAnswer(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return plainRoot(value);
  if (isOpaque(value)) return value;
  try {
    return isPreserved(value) ? value : (plain(value, "", true) ?? null);
  } catch (cause) {
    const reason =
      cause instanceof RangeError
        ? "It is circular, or nested too deeply."
        : cause instanceof Error
          ? cause.message
          : "";
    throw invalid(reason, cause);
  }
}

/**
 * Whether JSON preserves a value as it is. Almost every answer is of this kind, and this check takes half the
 * time of `plain` (7 instead of 17 µs for 100 objects with 10 members).
 */
function isPreserved(value: unknown): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isPreserved(value[index])) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  // A `toJSON` and the methods of a file are functions, which JSON does not preserve.
  for (const name in members) if (!isPreserved(members[name])) return false;
  return true;
}

function plainRoot(value: unknown): unknown {
  if (typeof value === "bigint") throw invalid("JSON has no bigint.");
  return plain(value, "", true);
}

function invalid(reason: string, cause?: unknown): TidegateError {
  const message = `The answer of the service cannot be encoded: ${reason}`;
  return new TidegateError("REPLY_INVALID", message, { cause, dispatched: true });
}

/** What JSON makes of a value; undefined for what JSON leaves out. */
function plain(value: unknown, key: string, isRoot = false): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === "bigint") throw new TypeError("JSON has no bigint.");
  if (typeof value !== "object") return undefined;
  const isBytesOrStream: boolean = isOpaque(value);
  if (isBytesOrStream) return plainBytes(value);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON(key);
    if (json !== value) return plain(json, key);
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return plain(value.valueOf(), key);
  return Array.isArray(value) ? plainItems(value) : plainMembers(value, isRoot);
}

function plainBytes(value: object): string {
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  throw new TypeError("A stream or file has to be the whole answer, or its `$body`.");
}

function plainItems(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const made = plain(item, String(index)) ?? null;
    if (Object.is(made, item)) continue;
    copy ??= [...list];
    copy[index] = made;
  }
  return copy ?? list;
}

function plainMembers(value: object, isRoot: boolean): object {
  const keys = Object.keys(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  let copy: object | undefined = prototype === Object.prototype || prototype === null ? undefined : {};
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? "";
    const member: unknown = Reflect.get(value, key);
    const isBody = isRoot && key === "$body" && isOpaque(member);
    const next = isBody ? member : plain(member, key);
    if (copy === undefined && next !== undefined && Object.is(next, member)) continue;
    copy ??= Object.fromEntries(keys.slice(0, index).map((name) => [name, Reflect.get(value, name)]));
    if (next !== undefined) setMember(copy, key, next);
  }
  return copy ?? value;
}

/** Sets an own member, also one called `__proto__`. */
function setMember(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
