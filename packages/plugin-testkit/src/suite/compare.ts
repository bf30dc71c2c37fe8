import { inspect } from "node:util";

/** Tells whether a value has all members of a pattern, at any depth. Lists are equal in length. */
export function hasMembers(value: unknown, pattern: unknown): boolean {
  if (Object.is(value, pattern)) return true;
  if (typeof value !== "object" || value === null || typeof pattern !== "object" || pattern === null)
    return false;
  if (Array.isArray(pattern) && (!Array.isArray(value) || value.length !== pattern.length)) return false;
  return Object.keys(pattern).every((key) => hasMembers(Reflect.get(value, key), Reflect.get(pattern, key)));
}

/** Tells whether two values have the same members. Ignores prototypes and undefined members. */
export function hasSameMembers(one: unknown, other: unknown): boolean {
  return hasMembers(one, other) && hasMembers(other, one);
}

/** Formats a value for a message: at most 400 characters on one line; an error without stack and cause. */
export function formatSeen(value: unknown): string {
  if (typeof value === "string") return shorten(value);
  if (!(value instanceof Error)) return shorten(formatValue(value));
  const code: unknown = Reflect.get(value, "code");
  const details: unknown = Reflect.get(value, "details");
  const label = typeof code === "string" ? code : value.name;
  const { cause: _, ...shown } =
    typeof details === "object" ? { cause: undefined, ...details } : { cause: undefined };
  const text = Object.keys(shown).length === 0 ? "" : ` ${formatValue(shown)}`;
  return shorten(`${label}: ${value.message}${text}`);
}

/** Formats a value as JavaScript on one line. */
export function formatValue(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY, compact: true });
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 400 ? line : `${line.slice(0, 399)}…`;
}
