import type { Part } from "../../contracts/protocol.ts";
import type { Version } from "../../contracts/version.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { FragmentPart } from "../discovery/fragment-routes.ts";

/** A version with what it was compiled from. */
export interface CompiledVersion {
  readonly version: Version;
  /** The fragment that each service uses, by service in the order of names. */
  readonly chosen: ReadonlyMap<string, CompiledFragment>;
  readonly parts: Parts;
}

/** The part of one fragment in a version, with what the core took from it. */
export interface VersionPart extends Part {
  readonly fragmentPart: FragmentPart;
}

/** The parts of a version by protocol, then by service in the order of names. */
export type Parts = ReadonlyMap<string, ReadonlyMap<string, VersionPart>>;

const hexDigits = /^[0-9a-f]{8,32}$/;

/** Whether a tag names a version: 8 to 32 hex digits that its id begins with (S9.5). */
export function isTagOf(tag: string, id: string): boolean {
  return id.startsWith(tag) && hexDigits.test(tag);
}
