/**
 * Decides which fragment each service of a branch uses (S9.2, S9.4, S9.6). Two services can claim the same
 * route or type; who owned it keeps it. `resolveConflicts` works in this order, on a claim table over the
 * parent's:
 *
 * 1. `affectedServices`: the services that the directory says something new about, and those that name their
 * actions.
 * 2. `assignAccepted`: every service gets the fragment that was accepted last, so that owners keep their
 * claims.
 * 3. `handOver`: an owner whose last node left in good order gives its claims up where another service waits
 *    for them (S9.3).
 * 4. `tryNewest`: services with a newer fragment try it, again and again until none more fits: a service that
 * gives up
 *    a claim makes room for another one.
 * 5. `fallBack`: a service that has no fragment yet uses the next older one that fits.
 * 6. `contestedClaims`: what several services claim, for the ledger and for `/~status`.
 *
 * Only view, ledger and checks decide, never the order in which the fragments arrived.
 */
import type { Finding } from "../../contracts/report.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import { effectiveOffers } from "../discovery/directory.ts";
import { changedServices, servicesOf, type View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { claimKey, claimLabel, claimPlace } from "./claim-index.ts";
import { ClaimTable, type Conflict } from "./claim-table.ts";

/** Which fragment each service uses, and why not its newest. */
export interface Resolution {
  /** The claims, over the parent table. No claim is marked as waiting yet. */
  readonly table: ClaimTable;
  /** Services whose newest fragment is not used. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Claims of more than one service, by claim. */
  readonly contested: ReadonlyMap<string, Contested>;
  /**
   * Services that the directory says something new about, those that name their actions, and the blamed ones.
   */
  readonly affected: ReadonlySet<string>;
}

/** The reason why a service's newest fragment is not used. */
export interface Refusal {
  readonly fragment: CompiledFragment;
  readonly findings: readonly Finding[];
}

/** A claim of several services, with the service that owns it. */
export interface Contested {
  readonly owner: string;
  readonly claimants: readonly string[];
}

/** Checks a fragment against what the fragment alone cannot tell. An error refuses the fragment. */
export type FragmentCheck = (fragment: CompiledFragment) => readonly Finding[];

/** What the fragments of the services are chosen from. */
export interface ResolutionInput {
  readonly view: View;
  readonly ledger: Ledger;
  /**
   * The table to start from: master's, so that a branch costs what it differs by and a change costs what it
   * changes; or an empty one. The result is the same, only the cost is not.
   */
  readonly parentTable: ClaimTable;
  readonly check: FragmentCheck;
  /**
   * Services to check again although nothing is new about them: their fragment broke the whole. Default none.
   */
  readonly blamed?: ReadonlySet<string>;
  /** What the branch served before: blamed services fall back to it. */
  readonly previous?: Pick<CompiledVersion, "chosen"> | undefined;
  /** The fragment that the ledger names although no node publishes it. */
  retained(service: string, hash: string): CompiledFragment | undefined;
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** Chooses a fragment for every service of a view; see the head of this file. */
export async function resolveConflicts(input: ResolutionInput): Promise<Resolution> {
  const state: State = {
    ...input,
    table: new ClaimTable(input.parentTable),
    refused: new Map(),
    owners: new Set(input.ledger.owners.values()),
  };
  const affected = affectedServices(state);
  await input.yieldToEventLoop();
  await assignAccepted(state, affected);
  const open = servicesWithNewer(state);
  handOver(state, open);
  for (let size = -1; size !== open.size; ) {
    size = open.size;
    for (const service of [...open].sort(byPrecedence(state))) {
      if (tryNewest(state, service)) open.delete(service);
      await input.yieldToEventLoop();
    }
  }
  for (const service of [...open].sort(byPrecedence(state))) fallBack(state, service);
  return { table: state.table, refused: state.refused, contested: contestedClaims(state), affected };
}

/** The input, and what changes while conflicts are resolved. */
interface State extends ResolutionInput {
  readonly table: ClaimTable;
  readonly refused: Map<string, Refusal>;
  /** Services that own a contested claim by the ledger. */
  readonly owners: ReadonlySet<string>;
}

// The parent table was resolved with an older directory, and without what only this branch sees.
function affectedServices({ view, parentTable, blamed }: State): Set<string> {
  const affected = new Set<string>(blamed);
  const add = (name: string): void => {
    affected.add(name);
    for (const other of parentTable.servicesMentioning(name) ?? []) affected.add(other);
  };
  for (const name of changedServices(parentTable.directory, view)) add(name);
  if (view.branch !== masterBranch) for (const name of servicesOf(view.directory, view.branch)) add(name);
  return affected;
}

/**
 * Gives every service the fragment that was accepted last; takes away what is faulty now or left the view.
 */
async function assignAccepted(state: State, affected: ReadonlySet<string>): Promise<void> {
  const { table, parentTable, view, ledger, yieldToEventLoop } = state;
  for (const service of parentTable.services())
    if (view.candidates(service).length === 0) table.unassign(service);
  await yieldToEventLoop();
  const returning: string[] = [];
  for (const name of view.directory.services.keys()) {
    if (view.candidates(name).length === 0) continue;
    const accepted = acceptedFragment(state, name);
    const assigned = table.chosen(name);
    const isFaultyNow = assigned !== undefined && affected.has(name) && isFaulty(state, assigned);
    if (assigned === accepted && !isFaultyNow) continue;
    table.unassign(name);
    if (accepted !== undefined && accepted !== assigned) returning.push(name);
  }
  await yieldToEventLoop();
  for (const name of returning.sort(byPrecedence(state))) {
    const accepted = acceptedFragment(state, name);
    if (accepted === undefined || isFaulty(state, accepted)) continue;
    for (const { owner } of table.conflicts(accepted)) if (!ledger.accepted.has(owner)) table.unassign(owner);
    if (table.conflicts(accepted).length === 0) table.assign(accepted);
    await yieldToEventLoop();
  }
}

function servicesWithNewer(state: State): Set<string> {
  const open = new Set<string>();
  for (const name of state.view.directory.services.keys()) {
    const newest = newestFragment(state, name);
    const assigned = state.table.chosen(name);
    // A service that gave its claims up, and whose nodes are gone, does not ask for them again.
    if (assigned === undefined && hasLeft(state, name)) continue;
    if (newest !== undefined && assigned !== newest) open.add(name);
  }
  return open;
}

/**
 * Takes their claims from services whose last node left in good order, where a service that runs waits for
 * one of them: its clients would get 503 until the removal, and it is ready. Without a claimant the routes
 * stay until the removal, so that a restart changes nothing.
 */
function handOver(state: State, open: Set<string>): void {
  const { table } = state;
  for (const service of [...open].sort(byPrecedence(state))) {
    const newest = hasLeft(state, service) ? undefined : newestFragment(state, service);
    if (newest === undefined || isFaulty(state, newest)) continue;
    const owners = new Set(table.conflicts(newest).map(({ owner }) => owner));
    // The claims of one that stays would refuse the fragment all the same.
    if (![...owners].every((owner) => hasLeft(state, owner))) continue;
    for (const owner of owners) {
      table.unassign(owner);
      open.delete(owner);
    }
  }
}

/** Whether every node of a service left in good order, and its removal waits. */
function hasLeft({ view }: State, name: string): boolean {
  const service = view.directory.services.get(name);
  if (service === undefined) return false;
  const offers = effectiveOffers(service);
  return offers.length > 0 && offers.every(({ state }) => state === "left");
}

/** The fragment of a service that was accepted last: by the ledger, else by the parent table. */
function acceptedFragment(state: State, service: string): CompiledFragment | undefined {
  const { view, ledger, parentTable } = state;
  const inParent = parentTable.chosen(service);
  const hash = ledger.accepted.get(service);
  if (hash === null) return undefined;
  const wanted = hash ?? inParent?.hash;
  if (wanted === undefined) return undefined;
  // By hash: a fragment whose documentation alone changed is another object with the same hash.
  for (const { fragment } of view.candidates(service)) if (fragment.hash === wanted) return fragment;
  return inParent?.hash === wanted ? inParent : state.retained(service, wanted);
}

/** The fragment that a service should use: the one that it is pinned to, else its newest. */
function newestFragment({ view, ledger, retained }: State, service: string): CompiledFragment | undefined {
  const candidates = view.candidates(service);
  const pin = candidates.length === 0 ? undefined : ledger.pins.get(service);
  if (pin === undefined) return candidates[0]?.fragment;
  const pinned = candidates.find(({ fragment }) => fragment.hash === pin)?.fragment ?? retained(service, pin);
  return pinned ?? candidates[0]?.fragment;
}

// First the owners of contested claims, then services that were accepted before, then the lower revision,
// then the name.
function byPrecedence({ owners, ledger, view, parentTable }: State): (one: string, other: string) => number {
  const rank = (service: string): number => {
    if (owners.has(service)) return 0;
    return ledger.accepted.has(service) || parentTable.chosen(service) !== undefined ? 1 : 2;
  };
  const revision = (service: string): number => view.candidates(service)[0]?.revision ?? 0;
  return (one, other) => rank(one) - rank(other) || revision(one) - revision(other) || (one < other ? -1 : 1);
}

/** Lets a service use its newest fragment. Returns false, with a refusal, where that does not fit. */
function tryNewest(state: State, service: string): boolean {
  const { table, refused } = state;
  const newest = newestFragment(state, service);
  if (newest === undefined) return true;
  const assigned = table.chosen(service);
  if (assigned !== newest) {
    table.unassign(service);
    const faults = faultsOf(state, newest);
    if (faults.length > 0) {
      if (assigned !== undefined) table.assign(assigned);
      refused.set(service, { fragment: newest, findings: faults });
      return false;
    }
    table.assign(newest);
  }
  refused.delete(service);
  return true;
}

/**
 * Lets a refused service without a fragment use what it served before, or the next older candidate that fits.
 */
function fallBack(state: State, service: string): void {
  const { table, refused, view, blamed, previous } = state;
  if (table.chosen(service) !== undefined || !refused.has(service)) return;
  // What a branch took from master is not in the branch's own ledger, but it was served.
  const served = blamed?.has(service) === true ? previous?.chosen.get(service) : undefined;
  const older = view.candidates(service).slice(1);
  const next = [...(served === undefined ? [] : [served]), ...older.map(({ fragment }) => fragment)].find(
    (fragment) => faultsOf(state, fragment).length === 0,
  );
  if (next !== undefined) table.assign(next);
}

function isFaulty({ check }: State, fragment: CompiledFragment): boolean {
  return errorsOf(fragment, check).length > 0;
}

function errorsOf(fragment: CompiledFragment, check: FragmentCheck): readonly Finding[] {
  return [...fragment.findings, ...check(fragment)].filter(({ severity }) => severity === "error");
}

function faultsOf({ table, check }: State, fragment: CompiledFragment): readonly Finding[] {
  const errors = errorsOf(fragment, check);
  return errors.length > 0 ? errors : outermost(table.conflicts(fragment)).map(conflictFinding);
}

// A conflict about a type says it for the fields of the type as well: they need the type, or an extension of
// it.
function outermost(conflicts: readonly Conflict[]): readonly Conflict[] {
  const inside = new Set(
    conflicts.flatMap(({ claim: { protocol, claim }, owner }) =>
      (claim.needs ?? []).flatMap((need) =>
        typeof need === "string" ? [] : need.map((key) => `${owner} ${claimKey(protocol, key)}`),
      ),
    ),
  );
  return conflicts.filter(({ claim: { key }, owner }) => !inside.has(`${owner} ${key}`));
}

function conflictFinding({ claim: { protocol, claim, isRoute }, owner }: Conflict): Finding {
  const label = claimLabel(claim);
  const scope = isRoute ? "" : ` (${protocol})`;
  return {
    severity: "error",
    code: "CLAIM_TAKEN",
    jsonPath: claim.jsonPath,
    message: `The service \`${owner}\` already owns \`${label}\`${scope}.`,
    found: label,
    ...claimPlace(claim),
    hint: `Choose another name or path. If \`${owner}\` removes it, your fragment is merged without a new start.`,
  };
}

function contestedClaims({ table, refused }: State): ReadonlyMap<string, Contested> {
  const contested = new Map<string, Contested>();
  for (const { fragment } of refused.values()) {
    for (const { claim, owner } of table.conflicts(fragment)) {
      const claimants = contested.get(claim.key)?.claimants ?? [];
      contested.set(claim.key, { owner, claimants: [...claimants, fragment.service] });
    }
  }
  return new Map([...contested].sort(([one], [other]) => (one < other ? -1 : 1)));
}
