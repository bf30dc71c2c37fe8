import type { Part } from "../../contracts/protocol.ts";
import type { Version } from "../../contracts/version.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";

/** A version with what it was compiled of. */
export interface CompiledVersion {
  /** The API. */
  readonly version: Version;
  /** The fragments by service. */
  readonly chosen: ReadonlyMap<string, CompiledFragment>;
  /** The parts by protocol, then by service. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, Part>>;
}

const digits = /^[0-9a-f]{8,32}$/;

/** Whether a tag is 8 to 32 hex digits, and those that an id begins with (S9.5). */
export function isTagOf(tag: string, id: string): boolean {
  return id.startsWith(tag) && digits.test(tag);
}
