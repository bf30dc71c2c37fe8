import { Readable } from "node:stream";

/** Whether a value is an object with members: not null, and no array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a stream, a file or bytes: nothing that JSON can represent. */
export function isOpaque(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}

/** Destroys a stream that will not be sent, so that its producer does not wait. Leaves a file unopened. */
export function discardStream(value: unknown): void {
  if (value instanceof Readable) value.destroy();
  else if (value instanceof ReadableStream) value.cancel().catch(() => undefined);
}

/** Applies `next` to a value, at once where the value is no promise: most values are none. */
export function chain<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next,
): Next | Promise<Awaited<Next>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Next>>) : next(value);
}

class NotPlain extends Error {}

/**
 * The text that identifies plain data: equal texts mean equal data. Undefined for streams, bytes, cycles and
 * everything else that JSON cannot represent: such values are not cached.
 */
export function plainKey(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, onlyPlain) ?? "";
  } catch {
    return undefined;
  }
}

// `this[key]` is the member before its own `toJSON` was called: a date is not plain.
function onlyPlain(this: unknown, key: string, value: unknown): unknown {
  const member: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : value;
  if (typeof member === "function") throw new NotPlain();
  if (typeof member !== "object" || member === null || Array.isArray(member)) return value;
  const prototype: unknown = Object.getPrototypeOf(member);
  if (prototype !== Object.prototype && prototype !== null) throw new NotPlain();
  return value;
}
