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
