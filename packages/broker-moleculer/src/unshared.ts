/** Deeper values are handed on as they are. */
const deepest = 32;

/**
 * A copy in which no object stands twice. Moleculer takes the second place of an object for a circle and leaves it out
 * of what it tells other nodes. Only plain objects and arrays are copied.
 */
export function unshared<Value>(value: Value): Value {
  return copy(value, 0) as Value;
}

function copy(value: unknown, depth: number): unknown {
  if (depth > deepest || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => copy(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each, depth + 1)]));
}
