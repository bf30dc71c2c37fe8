import type { Finding } from "../../contracts/finding.ts";

/** What compiling a mapping knows, and what it collects on the way. */
export interface MappingContext {
  /** Where the mapping stands in the fragment. */
  readonly jsonPath: string;
  /** The protocol's sources, without `context`. */
  readonly sources: Readonly<Record<string, "text" | "data">>;
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** Whether `[]` is allowed here. */
  readonly batching: boolean;
  /** Takes what is wrong. */
  found(finding: Finding): void;
  /** Collects the sources that are read. */
  readonly reads: Set<string>;
  /** Collects the context values that are read. */
  readonly contextReads: Set<string>;
  /** Collects the params that travel in batches. */
  readonly batched: Set<string>;
}
