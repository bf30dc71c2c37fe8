import { createHash } from "node:crypto";
import type { Assembled } from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";
import type { LivePart } from "./live.ts";

/** What was assembled last, by its parts: branches that show the same share one whole. */
export interface SharedWholes {
  /** What was made of exactly these parts, where it is remembered. */
  find(parts: readonly LivePart[]): Assembled | undefined;
  /** Remembers what was made. */
  add(parts: readonly LivePart[], assembled: Assembled): void;
}

// Most branches show what master shows. Few, since each holds a schema; and no weak references, which hold what they name
// until the collector looks at the whole heap.
const remembered = 4;

/** Remembers nothing yet. */
export function createSharedWholes(): SharedWholes {
  const known = new LRUCache<string, Assembled>({ max: remembered });
  return {
    find: (parts) => known.get(keyOf(parts)),
    add: (parts, assembled) => void known.set(keyOf(parts), assembled),
  };
}

function keyOf(parts: readonly LivePart[]): string {
  return createHash("sha256")
    .update(parts.map(({ number }) => number).join(" "))
    .digest("base64");
}
