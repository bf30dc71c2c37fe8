/** Values of every kind, as a client or a service can send them where an object is expected. */
export const hostileValues: readonly unknown[] = [undefined, null, 7, "text", true, [], [[]], {}];

/** Values that are no object of members: no rule, and no part of a fragment. */
export const noObjects: readonly unknown[] = [null, 7, "text", true, [], [[]]];

/** Params that a client can send although no one expects them. */
export function hostileParams(): readonly unknown[] {
  return [
    ...hostileValues,
    JSON.parse('{"__proto__":{"admin":true},"constructor":7,"toString":null}'),
    nested(200),
    { text: "x".repeat(1_000_000), list: Array.from({ length: 10_000 }, (_, index) => index) },
  ];
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = { value };
  return value;
}

/** Tells whether a value is an object with members: no list, and not null. */
export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tells whether a value is plain JSON: no functions, cycles, class instances or numbers such as NaN. */
export function isPlainJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > 64) return false;
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return Object.values(value).every((member) => member === undefined || isPlainJson(member, depth + 1));
}

/** Returns an equal value whose objects list their members in the opposite order. */
export function reversedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedMembers);
  if (!isMembers(value)) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, reversedMembers(member)] as const);
  return Object.fromEntries(entries.reverse());
}

/** Tells whether a text is a list of names: no two are equal, all are texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
