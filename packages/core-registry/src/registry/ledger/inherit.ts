import type { Branch } from "../branches/branch.ts";
import type { StoredFragment } from "../discovery/fragment-store.ts";
import type { Ledger, LedgerData } from "./ledger.ts";
import { type FetchOptions, fetchFragments } from "./retained-fragments.ts";

/** What `inherit` and `reconcile` need to take over ledgers from other gateways. */
export interface InheritanceOptions extends FetchOptions {
  /** Keeps a fragment that the ledger refers to although no node publishes it. */
  retain(fragment: StoredFragment): void;
  /** Adds the revisions with which another gateway saw fragments (S9.2). */
  addRevisions(revisions: LedgerData["revisions"]): void;
  /** Returns a branch, and creates it where it does not exist; undefined where the name is not allowed. */
  ensureBranch(name: string): Branch | undefined;
  /** Returns a branch; undefined where it does not exist. */
  findBranch(name: string): Branch | undefined;
  /** Runs a function while no merge runs. */
  betweenMerges<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * Takes over the ledgers of the gateway that has served longest, when this gateway starts (S9.4), together
 * with the fragments that they refer to and that no node publishes any more.
 *
 * @returns the branches that are pinned to a version, with its id
 */
export async function inherit(options: InheritanceOptions): Promise<readonly (readonly [Branch, string])[]> {
  const oldest = await options.exchange.oldestGateway();
  if (oldest === undefined) return [];
  options.addRevisions(oldest.revisions);
  await fetchMissing([...oldest.branches.values()], options);
  const pinned: (readonly [Branch, string])[] = [];
  for (const [name, { version, ...ledger }] of oldest.branches) {
    const branch = options.ensureBranch(name);
    if (branch === undefined) continue;
    branch.setLedger(ledger);
    if (version !== undefined) pinned.push([branch, version]);
  }
  return pinned;
}

/** Fetches and retains the fragments that ledgers refer to and that this gateway does not have. */
export async function fetchMissing(
  ledgers: readonly Ledger[],
  { exchange, fragments, retain }: InheritanceOptions,
): Promise<void> {
  const referenced = ledgers.flatMap(({ accepted, pins }) => [...accepted, ...pins]);
  const missing = referenced.flatMap(([service, hash]) =>
    hash === null || fragments.find(service, hash) !== undefined ? [] : [hash],
  );
  for (const fragment of await fetchFragments([...new Set(missing)], { exchange, fragments }))
    retain(fragment);
}
