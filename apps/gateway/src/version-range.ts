import type { VersionName } from "@tidegate/core-registry";

/** Two versions to compare. */
export interface VersionRange {
  /** The one to start from. */
  readonly before: VersionName;
  /** The one that it leads to. */
  readonly after: VersionName;
}

const name = "[a-z0-9_-]{1,64}";
const tag = "latest|[0-9a-f]{8,32}";
const form = new RegExp(`^(${name})@(${tag})\\.\\.(?:(${name})@)?(${tag})$`);

/** Reads `BRANCH@A..BRANCH@B`, or `BRANCH@A..B` for one branch; undefined where it is neither. */
export function readRange(text: string): VersionRange | undefined {
  const [, branch, before, other = branch, after] = form.exec(text) ?? [];
  if (branch === undefined || before === undefined || other === undefined || after === undefined)
    return undefined;
  return { before: { branch, tag: before }, after: { branch: other, tag: after } };
}
