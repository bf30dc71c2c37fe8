import type { Clock } from "../../contracts/clock.ts";
import type { Branch } from "../branches/branch.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import type { Timers } from "../runtime.ts";
import { type InheritanceOptions, reconcile } from "./inherit.ts";
import type { Ledger, LedgerData } from "./ledger.ts";

/** Has this gateway agree with the others on who holds what, as long as anything is disputed (S9.4). */
export interface Reconciliation {
  /** Something was merged: the others are looked at soon, where it matters. */
  schedule(): void;
}

/** What reconciling needs. */
export interface ReconciliationOptions {
  /** Time. */
  readonly clock: Clock;
  /** What is to happen later. */
  readonly timers: Timers;
  /** Taking over from other gateways. */
  readonly inheritance: InheritanceOptions;
  /** What this gateway says itself; undefined while it does not serve, or is alone. */
  ownLedgers(): LedgerData | undefined;
  /** Whether anything is disputed here. */
  isDisputed(): boolean;
  /** Merges branches whose ledger is another one now; resolves when all is merged. */
  merge(branches: readonly Branch[]): Promise<void>;
  /** Told where the others could not be asked. */
  onError(error: unknown): void;
}

/** How long gateways that may disagree wait before they look at each other: milliseconds. */
const reconcileMs = 1_000;
/** How long they wait at the most while nothing changes: milliseconds. */
const longestReconcileMs = 30_000;

/** Looks at nobody yet. */
export function createReconciliation(options: ReconciliationOptions): Reconciliation {
  const { clock, timers, ownLedgers } = options;
  let next = Number.POSITIVE_INFINITY;

  const after = (ms: number): void => {
    const at = clock.now() + ms;
    if (at >= next || ownLedgers() === undefined || !options.isDisputed()) return;
    next = at;
    timers.after(ms, () => {
      if (next !== at) return;
      next = Number.POSITIVE_INFINITY;
      now(ms).catch(options.onError);
    });
  };

  // What the others say after a merge of theirs, they say soon; what nobody changes is looked at ever less.
  const now = async (waited: number): Promise<void> => {
    const ledgers = ownLedgers();
    if (ledgers === undefined) return;
    const differing = await reconcile(ledgers, options.inheritance);
    await options.merge(differing);
    after(differing.length > 0 ? reconcileMs : Math.min(waited * 2, longestReconcileMs));
  };

  return { schedule: () => after(reconcileMs) };
}

/** Fragments that history names, and that nobody may publish any more. */
export interface RetainedFragments {
  /** Keeps one. */
  add(source: StoredFragment): void;
  /** Lets go of those that no service is pinned to: what was accepted is kept by the versions that hold it. */
  keepOnlyPinned(ledgers: Iterable<Ledger>): void;
}

/** None yet. */
export function createRetainedFragments(): RetainedFragments {
  const kept = new Map<string, StoredFragment>();
  return {
    add: (source) => void kept.set(source.hash, source),
    keepOnlyPinned(ledgers) {
      const pinned = new Set<string>();
      for (const { pins } of ledgers) for (const hash of pins.values()) pinned.add(hash);
      for (const hash of kept.keys()) if (!pinned.has(hash)) kept.delete(hash);
    },
  };
}
