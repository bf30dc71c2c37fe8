import { Readable } from "node:stream";

/** Goes on with a value: at once where it is there, else when its promise has it. No promise is made that is not needed. */
export function chain<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next,
): Next | Promise<Awaited<Next>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Next>>) : next(value);
}

/** Whether a value is a stream, a file or bytes: nothing that JSON could say. */
export function isOpaque(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Readable || value instanceof ReadableStream) return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return "createReadStream" in value && typeof value.createReadStream === "function";
}

class NotPlain extends Error {}

/** A text that stands for plain data: equal texts, equal data. Undefined where it holds a stream, bytes or anything that JSON cannot say. */
export function plainKey(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, onlyPlain) ?? "";
  } catch {
    // Cycles and what `onlyPlain` refuses: such a value is not remembered.
    return undefined;
  }
}

// `this[key]` is the member before its own `toJSON`: a date is no text.
function onlyPlain(this: unknown, key: string, value: unknown): unknown {
  const member: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : value;
  if (typeof member === "function") throw new NotPlain();
  if (typeof member !== "object" || member === null || Array.isArray(member)) return value;
  const prototype: unknown = Object.getPrototypeOf(member);
  if (prototype !== Object.prototype && prototype !== null) throw new NotPlain();
  return value;
}
