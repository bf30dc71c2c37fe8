import type { Branch } from "../branches/branch.ts";
import type { FragmentStore, StoredFragment } from "../discovery/fragment-store.ts";
import { isTagOf } from "../versions/compiled-version.ts";
import type { Exchange } from "./exchange.ts";
import type { Ledger, LedgerData } from "./ledger.ts";

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

/**
 * Fragments that a ledger still refers to although no node publishes them. The fragment store references
 * fragments weakly; this list keeps them, so that they can be compiled again.
 */
export interface RetainedFragments {
  add(fragment: StoredFragment): void;
  /**
   * Drops the fragments that no service is pinned to. The versions that use an accepted fragment keep it
   * themselves.
   */
  keepOnlyPinned(ledgers: Iterable<Ledger>): void;
}

/** Creates a list that retains no fragment yet. */
export function createRetainedFragments(): RetainedFragments {
  const retained = new Map<string, StoredFragment>();
  return {
    add: (fragment) => void retained.set(fragment.hash, fragment),
    keepOnlyPinned(ledgers) {
      const pinned = new Set<string>();
      for (const { pins } of ledgers) for (const hash of pins.values()) pinned.add(hash);
      for (const hash of retained.keys()) if (!pinned.has(hash)) retained.delete(hash);
    },
  };
}

/** Where `fetchFragments` gets fragments from, and stores them. */
export interface FetchOptions {
  readonly exchange: Exchange;
  readonly fragments: FragmentStore;
}

/**
 * Fetches fragments that other gateways keep, and compiles each one to verify its hash. Fragments that were
 * not asked for are left out.
 *
 * @param hashes the hashes, or at least their first 8 digits
 */
export async function fetchFragments(
  hashes: readonly string[],
  { exchange, fragments }: FetchOptions,
): Promise<readonly StoredFragment[]> {
  const wanted = new Set(hashes);
  const found: StoredFragment[] = [];
  for (const { raw, service } of await exchange.fragments(hashes)) {
    if (wanted.size === 0) break;
    const stored = fragments.store(await fragments.compile(raw, service));
    const asked = wanted.has(stored.hash)
      ? stored.hash
      : [...wanted].find((one) => isTagOf(one, stored.hash));
    if (asked === undefined) continue;
    wanted.delete(asked);
    found.push(stored);
  }
  return found;
}
