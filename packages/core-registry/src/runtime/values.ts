import { Readable } from "node:stream";

/** Checks whether a value is an object with members: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checks whether a value is a stream, a file or bytes, which JSON cannot represent. */
export function isOpaque(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}

/** Reads an own property of an object or array (S3.4); undefined where it does not exist or is a function. */
export function ownProperty(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  const property = (value as Readonly<Record<string, unknown>>)[key];
  return typeof property === "function" ? undefined : property;
}

/** Destroys a stream that will not be sent, so that its producer does not wait. Leaves a file unopened. */
export function discardStream(value: unknown): void {
  if (value instanceof Readable) value.destroy();
  else if (value instanceof ReadableStream) value.cancel().catch(() => undefined);
}

/**
 * Applies `next` to a value, or to the result of a promise. Without a promise it is called synchronously,
 * which is cheaper: most values of a request are not promises.
 */
export function chain<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next,
): Next | Promise<Awaited<Next>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Next>>) : next(value);
}

class NotPlain extends Error {}

/**
 * Returns a text that identifies plain data: equal texts mean equal data. Returns undefined for values that
 * JSON cannot represent (streams, bytes, cycles), which therefore cannot be cached.
 */
export function plainKey(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, onlyPlain) ?? "";
  } catch {
    return undefined;
  }
}

// `this[key]` is the member before its `toJSON` was called, so a `Date` is recognised as not plain.
function onlyPlain(this: unknown, key: string, value: unknown): unknown {
  const member: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : value;
  if (typeof member === "function") throw new NotPlain();
  if (typeof member !== "object" || member === null || Array.isArray(member)) return value;
  const prototype: unknown = Object.getPrototypeOf(member);
  if (prototype !== Object.prototype && prototype !== null) throw new NotPlain();
  return value;
}

/** Names the type of a value for messages: `undefined`, `a list`, `a string`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
