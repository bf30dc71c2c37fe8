import type { Change, ChangeLevel } from "../contracts/change.ts";

const ranks: Readonly<Record<ChangeLevel, number>> = { breaking: 0, dangerous: 1, safe: 2 };

/** The changes, heaviest first, then by label: equal changes in equal order, whatever order they came in. */
export function ordered(changes: readonly Change[]): readonly Change[] {
  return [...changes].sort(
    (one, other) =>
      ranks[one.level] - ranks[other.level] ||
      compared(one.label, other.label) ||
      compared(one.plugin, other.plugin) ||
      compared(one.kind, other.kind) ||
      compared(one.service, other.service) ||
      compared(one.detail, other.detail),
  );
}

/** The heaviest level of some changes; `none` where there are none. */
export function heaviest(changes: readonly Change[]): ChangeLevel | "none" {
  return changes.reduce<ChangeLevel | "none">(
    (found, { level }) => (found === "none" || ranks[level] < ranks[found] ? level : found),
    "none",
  );
}

function compared(one = "", other = ""): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
