import type { Branch } from "../branches/branch.ts";
import type { Fragments, Source } from "../discovery/fragment-store.ts";
import { type Exchange, sharedSources } from "./exchange.ts";
import { byAge, type Ledger, type LedgerData } from "./ledger.ts";

/** What taking over from other gateways needs. */
export interface InheritanceOptions {
  /** The other gateways. */
  readonly exchange: Exchange;
  /** Every fragment that is known. */
  readonly fragments: Fragments;
  /** Keeps a fragment that nobody may publish any more. */
  keep(source: Source): void;
  /** Takes over with which revisions fragments were seen (S9.2). */
  learn(revisions: LedgerData["revisions"]): void;
  /** A branch, made where it is not there yet; undefined where it cannot be. */
  branch(name: string): Branch | undefined;
  /** A branch that is there. */
  known(name: string): Branch | undefined;
  /** Runs something while nothing is merged. */
  between<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * A gateway that starts takes what history decided from the one that serves longest (S9.4), with the fragments that it
 * names and nobody publishes any more.
 *
 * @returns the branches that are held at a version, with its id
 */
export async function inherit(options: InheritanceOptions): Promise<readonly (readonly [Branch, string])[]> {
  const { exchange } = options;
  const elder = await exchange.eldest();
  if (elder === undefined) return [];
  options.learn(elder.revisions);
  await fetchFragments([...elder.branches.values()], options);
  const held: (readonly [Branch, string])[] = [];
  for (const [name, ledger] of elder.branches) {
    const branch = options.branch(name);
    if (branch === undefined) continue;
    const { version, ...rest } = ledger;
    branch.setLedger(rest);
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
      const branch = options.known(name);
      const next = branch === undefined ? undefined : agreed(branch, elders);
      return branch === undefined || next === undefined ? [] : [[branch, next] as const];
    });
  // Who does not answer must not hold up merges.
  await fetchFragments(
    differing().map(([, next]) => next),
    options,
  );
  return await options.between(async () => {
    const agreeing = differing();
    for (const [branch, next] of agreeing) branch.setLedger(next);
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

async function fetchFragments(
  ledgers: readonly Ledger[],
  { exchange, fragments, keep }: InheritanceOptions,
): Promise<void> {
  const named = ledgers.flatMap(({ accepted, pins }) => [...accepted, ...pins]);
  const missing = named.flatMap(([service, hash]) =>
    hash === null || fragments.find(service, hash) !== undefined ? [] : [hash],
  );
  for (const source of await sharedSources([...new Set(missing)], { exchange, fragments })) keep(source);
}
