import { createHash } from "node:crypto";

/**
 * JSON with the keys of every object in order and absent members left out: equal data, equal text (S1.4).
 * What JSON cannot say becomes `null`, as `JSON.stringify` has it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

/** The first 128 bits of SHA-256, as 32 hex digits. */
export function hash128(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).sort();
  // A Map's order cannot serve here: JSON.stringify writes integer-like keys first, but always in the same order.
  return Object.fromEntries(keys.map((key) => [key, sorted(Reflect.get(value, key))]));
}
