import { createHash } from "node:crypto";
import type { Assembled } from "@tidegate/core-registry";
import type { LivePart } from "./live.ts";

/** What was assembled, by its parts: branches that show the same share one whole. Nothing is kept alive here. */
export interface SharedWholes {
  /** What was made of exactly these parts, where something still has it. */
  find(parts: readonly LivePart[]): Assembled | undefined;
  /** Remembers what was made. */
  add(parts: readonly LivePart[], assembled: Assembled): void;
}

/** Remembers nothing yet. */
export function createSharedWholes(): SharedWholes {
  const known = new Map<string, WeakRef<Assembled>>();
  const gone = new FinalizationRegistry<string>((key) => {
    if (known.get(key)?.deref() === undefined) known.delete(key);
  });
  return {
    find: (parts) => known.get(keyOf(parts))?.deref(),
    add: (parts, assembled) => {
      const key = keyOf(parts);
      known.set(key, new WeakRef(assembled));
      gone.register(assembled, key);
    },
  };
}

function keyOf(parts: readonly LivePart[]): string {
  return createHash("sha256")
    .update(parts.map(({ number }) => number).join(" "))
    .digest("base64");
}
