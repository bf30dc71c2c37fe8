import type { Source } from "./fragments.ts";
import type { Ledger } from "./ledger.ts";

/** Fragments that history names, and that nobody may publish any more. */
export interface Heirlooms {
  /** Keeps one. */
  keep(source: Source): void;
  /** Lets go of those that no service is pinned to: what was accepted is kept by the versions that hold it. */
  keepPinnedAlone(ledgers: Iterable<Ledger>): void;
}

/** None yet. */
export function createHeirlooms(): Heirlooms {
  const kept = new Map<string, Source>();
  return {
    keep: (source) => void kept.set(source.hash, source),
    keepPinnedAlone(ledgers) {
      const pinned = new Set<string>();
      for (const { pins } of ledgers) for (const hash of pins.values()) pinned.add(hash);
      for (const hash of kept.keys()) if (!pinned.has(hash)) kept.delete(hash);
    },
  };
}
