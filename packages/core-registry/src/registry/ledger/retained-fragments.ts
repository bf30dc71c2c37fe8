import type { FragmentStore, StoredFragment } from "../discovery/fragment-store.ts";
import { isTagOf } from "../versions/compiled-version.ts";
import type { Exchange } from "./exchange.ts";
import type { Ledger } from "./ledger.ts";

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
