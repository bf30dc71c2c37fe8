import { createHash } from "node:crypto";

/**
 * Serializes data as JSON with sorted keys and without undefined members, so that equal data has equal text
 * (S1.4). Values that JSON cannot represent become `null`, as in `JSON.stringify`.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

/** Returns the first 128 bits of the SHA-256 of a text, as 32 hex digits. */
export function hash128(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value).sort();
  // JSON.stringify writes integer-like keys first, so the order is not alphabetical, but always the same.
  return Object.fromEntries(keys.map((key) => [key, sorted(Reflect.get(value, key))]));
}
