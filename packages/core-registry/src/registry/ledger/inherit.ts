import type { Branch } from "../branches/branch.ts";
import type { FragmentStore, StoredFragment } from "../discovery/fragment-store.ts";
import { type Exchange, fetchFragments } from "./exchange.ts";
import { byAge, type Ledger, type LedgerData } from "./ledger.ts";

/** What taking over from other gateways needs. */
export interface InheritanceOptions {
  /** The other gateways. */
  readonly exchange: Exchange;
  /** Every fragment that is known. */
  readonly fragments: FragmentStore;
  /** Keeps a fragment that nobody may publish any more. */
  retain(source: StoredFragment): void;
  /** Takes over with which revisions fragments were seen (S9.2). */
  addRevisions(revisions: LedgerData["revisions"]): void;
  /** A branch, made where it is not there yet; undefined where it cannot be. */
  ensureBranch(name: string): Branch | undefined;
  /** A branch that is there. */
  findBranch(name: string): Branch | undefined;
  /** Runs something while nothing is merged. */
  betweenMerges<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * A gateway that starts takes what history decided from the one that serves longest (S9.4), with the fragments that it
 * names and nobody publishes any more.
 *
 * @returns the branches that are held at a version, with its id
 */
export async function inherit(options: InheritanceOptions): Promise<readonly (readonly [Branch, string])[]> {
  const { exchange } = options;
  const elder = await exchange.oldestGateway();
  if (elder === undefined) return [];
  options.addRevisions(elder.revisions);
  await fetchMissing([...elder.branches.values()], options);
  const held: (readonly [Branch, string])[] = [];
  for (const [name, ledger] of elder.branches) {
    const branch = options.ensureBranch(name);
    if (branch === undefined) continue;
    const { version, ...rest } = ledger;
    branch.adopt(rest);
    if (version !== undefined) held.push([branch, version]);
  }
  return held;
}

/**
 * Gateways that saw contested fragments in different orders agree with the one that serves longest: on a branch where
 * history decided something here, or there.
 *
 * @param own what this gateway says itself
 * @returns the branches whose ledger is another one now
 */
export async function reconcile(own: LedgerData, options: InheritanceOptions): Promise<readonly Branch[]> {
  const [eldest] = [own, ...(await options.exchange.ledgers())].sort(byAge);
  if (eldest === undefined || eldest === own) return [];
  const differing = (): (readonly [Branch, Ledger])[] =>
    [...eldest.branches].flatMap(([name, elders]) => {
      const branch = options.findBranch(name);
      const next = branch === undefined ? undefined : agreed(branch, elders);
      return branch === undefined || next === undefined ? [] : [[branch, next] as const];
    });
  // Who does not answer must not hold up merges.
  await fetchMissing(
    differing().map(([, next]) => next),
    options,
  );
  return await options.betweenMerges(async () => {
    const agreeing = differing();
    for (const [branch, next] of agreeing) branch.adopt(next);
    return agreeing.map(([branch]) => branch);
  });
}

/** What a branch's ledger is to be so that it agrees with an elder's; undefined where it does. */
function agreed({ ledger, compilation }: Branch, elders: Ledger): Ledger | undefined {
  const disputed = new Set([
    ...ledger.owners.values(),
    ...elders.owners.values(),
    ...(compilation?.refused.keys() ?? []),
  ]);
  const differs =
    !isSame(ledger.owners, elders.owners) ||
    [...disputed].some((service) => ledger.accepted.get(service) !== elders.accepted.get(service));
  if (!differs) return undefined;
  const accepted = new Map(ledger.accepted);
  for (const service of disputed) {
    const hash = elders.accepted.get(service);
    if (hash === undefined) accepted.delete(service);
    else accepted.set(service, hash);
  }
  return { ...ledger, accepted, owners: elders.owners };
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

async function fetchMissing(
  ledgers: readonly Ledger[],
  { exchange, fragments, retain }: InheritanceOptions,
): Promise<void> {
  const named = ledgers.flatMap(({ accepted, pins }) => [...accepted, ...pins]);
  const missing = named.flatMap(([service, hash]) =>
    hash === null || fragments.find(service, hash) !== undefined ? [] : [hash],
  );
  for (const source of await fetchFragments([...new Set(missing)], { exchange, fragments })) retain(source);
}
