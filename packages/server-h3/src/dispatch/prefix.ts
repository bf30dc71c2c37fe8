import { reservedNames } from "@tidegate/core-registry";

/** Names below `/~` that are pages of the gateway (S9.11); no branch can have them. */
export const gatewayNames: ReadonlySet<string> = new Set(reservedNames);

/** A version's name or id (S9.4). */
export const tagForm: RegExp = /^[0-9a-f]{8,32}$/;

/** What names a branch and one of its versions (S9.5). */
export interface BranchName {
  /** The branch. */
  readonly branch: string;
  /** The tag, unless it is the latest. */
  readonly tag: string | undefined;
}

/** A path taken apart at its `/~` prefix (S9.5). */
export interface Prefix extends BranchName {
  /** What was taken off: empty, `/~branch` or `/~branch@tag`. */
  readonly base: string;
  /** What is left: `/` or more. */
  readonly path: string;
}

/** Whether a path begins with `/~`. */
export function hasPrefix(path: string): boolean {
  return path.charCodeAt(1) === 126;
}

/** Takes `branch` or `branch@tag` apart; nothing is checked. */
export function splitName(name: string): BranchName {
  const at = name.indexOf("@");
  const tag = at === -1 ? undefined : name.slice(at + 1);
  return { branch: at === -1 ? name : name.slice(0, at), tag: tag === "latest" ? undefined : tag };
}

/** Takes the branch's prefix off a normalised path that begins with `/~`; a page of the gateway has none. */
export function splitPrefix(path: string): Prefix {
  const slash = path.indexOf("/", 1);
  const base = slash === -1 ? path : path.slice(0, slash);
  const head = base.slice(2);
  if (gatewayNames.has(head)) return { branch: "master", tag: undefined, base: "", path };
  return { ...splitName(head), base, path: slash === -1 ? "/" : path.slice(slash) };
}

/** The gateway's name that a path below a branch begins with: `status` of `/~status`. */
export function pageName(path: string): string {
  const slash = path.indexOf("/", 1);
  return slash === -1 ? path.slice(2) : path.slice(2, slash);
}
