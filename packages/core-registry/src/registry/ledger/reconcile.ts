import type { Clock } from "../../contracts/clock.ts";
import type { Branch } from "../branches/branch.ts";
import type { Timers } from "../runtime.ts";
import { fetchMissing, type InheritanceOptions } from "./inherit.ts";
import { byAge, type Ledger, type LedgerData } from "./ledger.ts";

/**
 * Makes running gateways agree on contested claims (S9.4). While claims are contested or fragments refused,
 * the gateway compares its ledgers with those of the others: a second after a merge, then at growing
 * intervals.
 */
export interface Reconciliation {
  /** Schedules the next comparison. Call this after every merge. */
  schedule(): void;
}

/** The parts of the registry that `createReconciliation` uses. */
export interface ReconciliationOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly inheritance: InheritanceOptions;
  /**
   * The ledgers of this gateway; undefined while it does not serve, or where no broker supports other
   * gateways.
   */
  ownLedgers(): LedgerData | undefined;
  /** Whether this gateway refuses a fragment, so that the order of arrival matters. */
  isDisputed(): boolean;
  /** Merges the branches whose ledger changed, and resolves when all of them are merged. */
  merge(branches: readonly Branch[]): Promise<void>;
  /** Receives the error of a comparison that failed. */
  onError(error: unknown): void;
}

const firstIntervalMs = 1_000;
const longestIntervalMs = 30_000;

/** Creates a reconciliation. Nothing is compared until `schedule`. */
export function createReconciliation(options: ReconciliationOptions): Reconciliation {
  const { clock, timers } = options;
  let nextAt = Number.POSITIVE_INFINITY;

  const scheduleIn = (ms: number): void => {
    const at = clock.now() + ms;
    if (at >= nextAt || options.ownLedgers() === undefined || !options.isDisputed()) return;
    nextAt = at;
    timers.after(ms, () => {
      if (nextAt !== at) return;
      nextAt = Number.POSITIVE_INFINITY;
      compare(ms).catch(options.onError);
    });
  };

  // A gateway that merged differently answers so soon after its merge. While no ledger changes, the interval
  // doubles.
  const compare = async (intervalMs: number): Promise<void> => {
    const ownLedgers = options.ownLedgers();
    if (ownLedgers === undefined) return;
    const changed = await reconcile(ownLedgers, options.inheritance);
    await options.merge(changed);
    scheduleIn(changed.length > 0 ? firstIntervalMs : Math.min(intervalMs * 2, longestIntervalMs));
  };

  return { schedule: () => scheduleIn(firstIntervalMs) };
}

/**
 * Follows the gateway that has served longest: changes the ledgers of the branches on which the order of
 * arrival decided something, on this gateway or on that one, and the two ledgers differ.
 *
 * @param own the ledgers of this gateway
 * @returns the branches whose ledger changed
 */
async function reconcile(own: LedgerData, options: InheritanceOptions): Promise<readonly Branch[]> {
  const [oldest] = [own, ...(await options.exchange.ledgers())].sort(byAge);
  if (oldest === undefined || oldest === own) return [];
  const differing = (): (readonly [Branch, Ledger])[] =>
    [...oldest.branches].flatMap(([name, ledger]) => {
      const branch = options.findBranch(name);
      const next = branch === undefined ? undefined : reconciledLedger(branch, ledger);
      return branch === undefined || next === undefined ? [] : [[branch, next] as const];
    });
  // The fragments are fetched before merges pause: a gateway that does not answer must not delay them.
  await fetchMissing(
    differing().map(([, next]) => next),
    options,
  );
  return await options.betweenMerges(async () => {
    const changed = differing();
    for (const [branch, next] of changed) branch.setLedger(next);
    return changed.map(([branch]) => branch);
  });
}

/** The ledger with which a branch agrees with the oldest gateway; undefined where it already agrees. */
function reconciledLedger({ ledger, compilation }: Branch, oldest: Ledger): Ledger | undefined {
  const disputed = new Set([
    ...ledger.owners.values(),
    ...oldest.owners.values(),
    ...(compilation?.refused.keys() ?? []),
  ]);
  const differs =
    !isEqualMap(ledger.owners, oldest.owners) ||
    [...disputed].some((service) => ledger.accepted.get(service) !== oldest.accepted.get(service));
  if (!differs) return undefined;
  const accepted = new Map(ledger.accepted);
  for (const service of disputed) {
    const hash = oldest.accepted.get(service);
    if (hash === undefined) accepted.delete(service);
    else accepted.set(service, hash);
  }
  return { ...ledger, accepted, owners: oldest.owners };
}

function isEqualMap(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}
