import { refusedKeys } from "./reference.ts";

/** An own property of an object or array (S3.4); undefined where there is none, or where it is a function. */
export function ownProperty(holder: unknown, key: string): unknown {
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, key)) return undefined;
  const value = (holder as Readonly<Record<string, unknown>>)[key];
  return typeof value === "function" ? undefined : value;
}

/** What lies at the end of a path of own properties. `__proto__`, `constructor` and `prototype` never resolve. */
export function reader(keys: readonly string[]): (from: unknown) => unknown {
  const [first, ...rest] = keys;
  if (keys.some((key) => refusedKeys.has(key))) return () => undefined;
  if (first === undefined) return (from) => from;
  if (rest.length === 0) return (from) => ownProperty(from, first);
  return (from) => {
    let value = ownProperty(from, first);
    for (const key of rest) value = ownProperty(value, key);
    return value;
  };
}
