import type { KnownValue } from "../../contracts/connector.ts";
import { nearestName } from "../../contracts/nearest-name.ts";
import type { Finding } from "../../contracts/report.ts";
import { isObject } from "../values.ts";

/** A member that is always absent, and what its parent has instead. */
export interface AbsentMember {
  /** The keys from the value to the absent member. Empty: the value itself is always absent. */
  readonly keys: readonly string[];
  /** The names of the members that its parent has. Empty where the parent has none. */
  readonly siblings: readonly string[];
}

const maxSiblings = 20;
/** Limits for a fragment with thousands of misspelt names: how many names are compared, of which length. */
const maxCompared = 200;
const maxLength = 64;

/**
 * Finds the first member on a path of keys that is always absent (S1.7); undefined where all can have a
 * value.
 * @param scalars `open`: a scalar can have members, since a function can read the `length` of a string
 */
export function absentMember(
  value: KnownValue,
  keys: readonly string[],
  scalars: "closed" | "open",
): AbsentMember | undefined {
  let known = value;
  for (const [index, key] of keys.entries()) {
    if (known === "any" || (known === "scalar" && scalars === "open")) return undefined;
    if (known === "never") return { keys: keys.slice(0, index), siblings: [] };
    const siblings = known === "scalar" ? [] : Object.keys(known);
    const member = known === "scalar" || !Object.hasOwn(known, key) ? undefined : known[key];
    if (member === undefined) return { keys: keys.slice(0, index + 1), siblings };
    known = member;
  }
  return known === "never" ? { keys, siblings: [] } : undefined;
}

/** The members of a finding that name what exists instead of a misspelt name, and the nearest of them. */
export function knownNames(
  misspelt: string,
  names: readonly string[],
  prefix = "",
): Pick<Finding, "expected" | "hint"> {
  const compared = names.slice(0, maxCompared).filter((name) => name.length <= maxLength);
  const nearest = misspelt.length <= maxLength ? nearestName(misspelt, compared) : undefined;
  const listed = names.slice(0, maxSiblings).map((name) => `\`${prefix}${name}\``);
  const others = names.length - listed.length;
  return {
    ...(names.length === 0
      ? {}
      : { expected: `one of ${listed.join(", ")}${others > 0 ? ` and ${others} others` : ""}` }),
    ...(nearest === undefined ? {} : { hint: `Did you mean \`${prefix}${nearest}\`?` }),
  };
}

/** What is known of a value from the JSON that it is computed from: the members of an object. */
export function knownOfMapping(mapping: unknown): KnownValue {
  if (!isObject(mapping)) return "any";
  return Object.fromEntries(Object.entries(mapping).map(([name, member]) => [name, knownOfMapping(member)]));
}
