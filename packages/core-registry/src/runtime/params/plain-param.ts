import { isOpaque } from "../values.ts";
import { refusedKeys } from "./reference.ts";

/** Levels below which a value is not searched. The JSON of a client has at most 64. */
const maxDepth = 200;

/**
 * Returns the value of a param as services receive it (S3.4): objects without prototype become plain objects,
 * and members named `__proto__`, `constructor` or `prototype` are left out, at any depth. Streams, files,
 * bytes and instances of classes stay as they are. Copies only what it changes.
 */
export function plainParam(value: unknown): unknown {
  return typeof value === "object" && value !== null ? plainObject(value, 0) : value;
}

function plainObject(value: object, depth: number): object {
  if (depth > maxDepth) return value;
  if (Array.isArray(value)) return plainItems(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return plainMembers(value, depth, {});
  return prototype === Object.prototype && !isOpaque(value) ? plainMembers(value, depth, undefined) : value;
}

function plainItems(list: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item !== "object" || item === null) continue;
    const plain = plainObject(item, depth + 1);
    if (plain === item) continue;
    copy ??= [...list];
    copy[index] = plain;
  }
  return copy ?? list;
}

/** @param target the copy; undefined: a copy is made where a member changes */
function plainMembers(value: object, depth: number, target: Record<string, unknown> | undefined): object {
  const keys = Object.keys(value);
  let copy = target;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? "";
    const isRefused = refusedKeys.has(key);
    const member: unknown = isRefused ? undefined : Reflect.get(value, key);
    const plain = typeof member === "object" && member !== null ? plainObject(member, depth + 1) : member;
    if (copy === undefined && (isRefused || plain !== member)) {
      copy = {};
      for (const earlier of keys.slice(0, index)) copy[earlier] = Reflect.get(value, earlier);
    }
    if (copy !== undefined && !isRefused) copy[key] = plain;
  }
  return copy ?? value;
}
