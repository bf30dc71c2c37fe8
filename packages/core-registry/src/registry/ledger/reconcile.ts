import type { Clock } from "../../contracts/clock.ts";
import type { Branch } from "../branches/branch.ts";
import type { Source } from "../discovery/fragment-store.ts";
import type { Timers } from "../runtime.ts";
import { type InheritanceOptions, reconcile } from "./inherit.ts";
import type { Ledger, LedgerData } from "./ledger.ts";

/** Has this gateway agree with the others on who holds what, as long as anything is disputed (S9.4). */
export interface Reconciling {
  /** Something was merged: the others are looked at soon, where it matters. */
  soon(): void;
}

/** What reconciling needs. */
export interface ReconcilingOptions {
  /** Time. */
  readonly clock: Clock;
  /** What is to happen later. */
  readonly timers: Timers;
  /** Taking over from other gateways. */
  readonly inheritance: InheritanceOptions;
  /** What this gateway says itself; undefined while it does not serve, or is alone. */
  own(): LedgerData | undefined;
  /** Whether anything is disputed here. */
  isDisputed(): boolean;
  /** Merges branches whose ledger is another one now; resolves when all is merged. */
  merge(branches: readonly Branch[]): Promise<void>;
  /** Told where the others could not be asked. */
  failed(error: unknown): void;
}

/** How long gateways that may disagree wait before they look at each other: milliseconds. */
const reconcileMs = 1_000;
/** How long they wait at the most while nothing changes: milliseconds. */
const longestReconcileMs = 30_000;

/** Looks at nobody yet. */
export function createReconciling(options: ReconcilingOptions): Reconciling {
  const { clock, timers, own } = options;
  let next = Number.POSITIVE_INFINITY;

  const after = (ms: number): void => {
    const at = clock.now() + ms;
    if (at >= next || own() === undefined || !options.isDisputed()) return;
    next = at;
    timers.after(ms, () => {
      if (next !== at) return;
      next = Number.POSITIVE_INFINITY;
      now(ms).catch(options.failed);
    });
  };

  // What the others say after a merge of theirs, they say soon; what nobody changes is looked at ever less.
  const now = async (waited: number): Promise<void> => {
    const ledgers = own();
    if (ledgers === undefined) return;
    const differing = await reconcile(ledgers, options.inheritance);
    await options.merge(differing);
    after(differing.length > 0 ? reconcileMs : Math.min(waited * 2, longestReconcileMs));
  };

  return { soon: () => after(reconcileMs) };
}

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
