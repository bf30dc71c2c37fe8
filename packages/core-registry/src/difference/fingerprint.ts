import type { Aspect } from "./aspect.ts";
import { isEqual } from "./equal.ts";

/** An fingerprint that is a JSON object, as its members. */
export type EssenceMembers = Readonly<Record<string, unknown>>;

/** The members of an fingerprint; undefined where it is another kind of text. */
export function essenceMembers(fingerprint: string): EssenceMembers | undefined {
  if (!fingerprint.startsWith("{")) return undefined;
  try {
    const members: unknown = JSON.parse(fingerprint);
    return isMembers(members) ? members : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What differs in two fingerprints beside what is told already: member by member, and of members that are objects on both
 * sides, member by member of theirs.
 * @param told the places that are told elsewhere: `path`, `call.action`, `publish`
 */
export function essenceAspects(
  one: EssenceMembers,
  other: EssenceMembers,
  told: ReadonlySet<string>,
): readonly Aspect[] {
  return differing(one, other).flatMap((member) => {
    if (told.has(member)) return [];
    const [mine, yours] = [own(one, member), own(other, member)];
    if (!isMembers(mine) || !isMembers(yours)) return [aspectOf(member, mine, yours)];
    return differing(mine, yours)
      .filter((inner) => !told.has(`${member}.${inner}`))
      .map((inner) => aspectOf(`${member}.${inner}`, own(mine, inner), own(yours, inner)));
  });
}

function differing(one: EssenceMembers, other: EssenceMembers): string[] {
  const members = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...members].filter((member) => !isEqual(own(one, member), own(other, member))).sort();
}

function own(members: EssenceMembers, member: string): unknown {
  return Object.hasOwn(members, member) ? members[member] : undefined;
}

function aspectOf(place: string, before: unknown, after: unknown): Aspect {
  const what = before === undefined ? "is new" : after === undefined ? "is gone" : "differs";
  return { level: "dangerous", detail: `\`${place}\` ${what}.` };
}

function isMembers(value: unknown): value is EssenceMembers {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
