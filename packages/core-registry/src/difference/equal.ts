import { canonicalJson } from "../fragment/canonical.ts";

/** Whether two values are the same JSON, in whatever order the keys of its objects are. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return JSON.stringify(one) === JSON.stringify(other) || canonicalJson(one) === canonicalJson(other);
}
