import type { Part } from "../contracts/protocol.ts";
import type { Version } from "../contracts/version.ts";
import type { CompiledFragment } from "../registry/compile-fragment.ts";

/** A version with what it was compiled of. */
export interface CompiledVersion {
  /** The API. */
  readonly version: Version;
  /** The fragments by service. */
  readonly chosen: ReadonlyMap<string, CompiledFragment>;
  /** The parts by protocol, then by service. */
  readonly parts: ReadonlyMap<string, ReadonlyMap<string, Part>>;
}
