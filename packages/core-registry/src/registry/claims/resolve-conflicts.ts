import type { Finding } from "../../contracts/report.ts";
import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import {
  type Directory,
  type DirectoryService,
  effectiveOffers,
  type Offer,
} from "../discovery/directory.ts";
import { servicesOf, type View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CompiledVersion } from "../versions/compiled-version.ts";
import { claimKey } from "./claim-index.ts";
import { Board, type Conflict } from "./claim-table.ts";

/** Which fragment each service may have on a branch, and why not the newest. */
export interface Admission {
  /** What is used: a board over the one that was given, with no claim waiting yet. */
  readonly board: Board;
  /** What was refused: services whose newest fragment is not used. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** What more than one service claims, by claim. */
  readonly contested: ReadonlyMap<string, Contested>;
  /** Services that the directory says something new of, those that mention them, and the suspects. */
  readonly stirred: ReadonlySet<string>;
}

/** Why a service's newest fragment is not used. */
export interface Refusal {
  /** The fragment. */
  readonly fragment: CompiledFragment;
  /** What is wrong with it. */
  readonly findings: readonly Finding[];
}

/** A claim of several services. */
export interface Contested {
  /** Who has it. */
  readonly owner: string;
  /** Who wants it. */
  readonly claimants: readonly string[];
}

/** Judges one fragment by what the fragment alone cannot tell; errors refuse it. */
export type Judge = (fragment: CompiledFragment) => readonly Finding[];

/** What admission decides from. */
export interface AdmissionInput {
  /** What the branch shows. */
  readonly view: View;
  /** What history says. */
  readonly ledger: Ledger;
  /**
   * Where the search begins: master's board as it is, so that a branch costs what it differs by, and a change what it
   * changes; or an empty one. What comes out is the same, only the cost is not.
   */
  readonly base: Board;
  /** Judges fragments. */
  readonly judge: Judge;
  /** Services to judge though nothing is new of them: what they have does not fit together with what came. Default none. */
  readonly suspects?: ReadonlySet<string>;
  /** What the branch served before: what suspects fall back to. Default: nothing. */
  readonly previous?: Pick<CompiledVersion, "chosen"> | undefined;
  /** Finds the fragment that the ledger names, where no node publishes it any more. */
  lastGood(service: string, hash: string): CompiledFragment | undefined;
  /** Gives the event loop its turns. */
  readonly yieldToEventLoop: YieldToEventLoop;
}

/**
 * Chooses a fragment for every service of a view. The incumbents are placed first, so who holds a claim keeps it; then
 * newer fragments are tried, older revisions first, again and again until none more fits. Only view, ledger and judge
 * decide, not the order in which anything came (S9.2, S9.4, S9.6).
 */
export async function admit(input: AdmissionInput): Promise<Admission> {
  const board = new Board(input.base);
  const hall: Hall = { ...input, board, refused: new Map(), owners: new Set(input.ledger.owners.values()) };
  const stirred = stirredServices(hall);
  await input.yieldToEventLoop();
  const open = await placeIncumbents(hall, stirred);
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const service of [...open].sort(byPrecedence(hall))) {
      if (tryNewest(hall, service)) open.delete(service);
      await input.yieldToEventLoop();
    }
  }
  for (const service of [...open].sort(byPrecedence(hall))) fallBack(hall, service);
  return { board, refused: hall.refused, contested: contestedOf(hall), stirred };
}

/** What admission works on while it goes on. */
interface Hall extends AdmissionInput {
  readonly board: Board;
  readonly refused: Map<string, Refusal>;
  readonly owners: ReadonlySet<string>;
}

// What the base was judged by is not what there is now, nor what this branch sees of it.
function stirredServices({ view, base, suspects }: Hall): Set<string> {
  const stirred = new Set<string>(suspects);
  const stir = (name: string): void => {
    stirred.add(name);
    for (const mentioner of base.mentioners(name) ?? []) stirred.add(mentioner);
  };
  for (const name of changedServices(base.directory, view)) stir(name);
  if (view.branch !== masterBranch) for (const name of servicesOf(view.directory, view.branch)) stir(name);
  return stirred;
}

function changedServices(before: Directory, { branch, directory: after }: View): string[] {
  if (before === after) return [];
  const changed: string[] = [];
  after.services.forEach((service, name) => {
    if (!isSameOn(branch, before.services.get(name), service)) changed.push(name);
  });
  before.services.forEach((_, name) => {
    if (!after.services.has(name)) changed.push(name);
  });
  return changed;
}

// What other branches publish does not concern this one.
function isSameOn(branch: string, before: DirectoryService | undefined, after: DirectoryService): boolean {
  if (before === after || before === undefined) return before === after;
  const [old, young] = [offersOn(before, branch), offersOn(after, branch)];
  return old.length === young.length && old.every((offer, index) => offer === young[index]);
}

function offersOn(service: DirectoryService, branch: string): readonly Offer[] {
  return effectiveOffers(service).filter(
    ({ fragment }) =>
      fragment === undefined || fragment.branch === branch || fragment.branch === masterBranch,
  );
}

/** @returns the services whose newest fragment is to be tried */
async function placeIncumbents(hall: Hall, stirred: ReadonlySet<string>): Promise<Set<string>> {
  const { board, base, view, ledger, yieldToEventLoop } = hall;
  for (const service of base.services()) if (view.candidates(service).length === 0) board.unplace(service);
  await yieldToEventLoop();
  const returning: string[] = [];
  for (const name of view.directory.services.keys()) {
    const incumbent = incumbentOf(hall, name);
    if (incumbent === "none") continue;
    const placed = board.chosen(name);
    if (placed === incumbent && !(placed !== undefined && stirred.has(name) && isFaulty(hall, placed)))
      continue;
    board.unplace(name);
    if (incumbent !== undefined && incumbent !== placed) returning.push(name);
  }
  await yieldToEventLoop();
  const open = new Set<string>();
  for (const name of returning.sort(byPrecedence(hall))) {
    const incumbent = incumbentOf(hall, name);
    if (incumbent === undefined || incumbent === "none" || isFaulty(hall, incumbent)) continue;
    for (const { owner } of board.conflicts(incumbent)) if (!ledger.accepted.has(owner)) board.unplace(owner);
    if (board.conflicts(incumbent).length === 0) board.place(incumbent);
    await yieldToEventLoop();
  }
  for (const name of view.directory.services.keys()) {
    const newest = newestOf(hall, name);
    if (newest !== undefined && board.chosen(name) !== newest) open.add(name);
  }
  return open;
}

/** The fragment that a service was accepted with last: by the ledger, else the one on the base. `none`: it shows nothing. */
function incumbentOf(hall: Hall, service: string): CompiledFragment | undefined | "none" {
  const { view, ledger, base } = hall;
  const candidates = view.candidates(service);
  if (candidates.length === 0) return "none";
  const hash = ledger.accepted.get(service);
  if (hash === null) return undefined;
  const wanted = hash ?? base.chosen(service)?.hash;
  if (wanted === undefined) return undefined;
  // By hash: where only the documentation is new, it is a new object.
  for (const { fragment } of candidates) if (fragment.hash === wanted) return fragment;
  const below = base.chosen(service);
  return below?.hash === wanted ? below : hall.lastGood(service, wanted);
}

/** The fragment that a service is to have: the one that it is pinned to, else its newest. */
function newestOf({ view, ledger, lastGood }: Hall, service: string): CompiledFragment | undefined {
  const candidates = view.candidates(service);
  const pin = candidates.length === 0 ? undefined : ledger.pins.get(service);
  if (pin === undefined) return candidates[0]?.fragment;
  const pinned = candidates.find(({ fragment }) => fragment.hash === pin)?.fragment ?? lastGood(service, pin);
  return pinned ?? candidates[0]?.fragment;
}

// Who holds something contested goes first, then who was accepted before, then the lower revision, then the name.
function byPrecedence({ owners, ledger, view, base }: Hall): (one: string, other: string) => number {
  const rank = (service: string): number => {
    if (owners.has(service)) return 0;
    return ledger.accepted.has(service) || base.chosen(service) !== undefined ? 1 : 2;
  };
  const revision = (service: string): number => view.candidates(service)[0]?.revision ?? 0;
  return (one, other) => rank(one) - rank(other) || revision(one) - revision(other) || (one < other ? -1 : 1);
}

function tryNewest(hall: Hall, service: string): boolean {
  const { board, refused } = hall;
  const newest = newestOf(hall, service);
  if (newest === undefined) return true;
  const before = board.chosen(service);
  if (before !== newest) {
    board.unplace(service);
    const faults = faultsOf(hall, newest);
    if (faults.length > 0) {
      if (before !== undefined) board.place(before);
      refused.set(service, { fragment: newest, findings: faults });
      return false;
    }
    board.place(newest);
  }
  refused.delete(service);
  return true;
}

// Nothing newer fits: the last good one stays; where there is none, the next candidate that fits.
function fallBack(hall: Hall, service: string): void {
  const { board, refused, view, suspects, previous } = hall;
  if (board.chosen(service) !== undefined || !refused.has(service)) return;
  // What came from master is not in the branch's own ledger, but was served.
  const served = suspects?.has(service) === true ? previous?.chosen.get(service) : undefined;
  const older = view.candidates(service).slice(1);
  const next = [...(served === undefined ? [] : [served]), ...older.map(({ fragment }) => fragment)].find(
    (fragment) => faultsOf(hall, fragment).length === 0,
  );
  if (next !== undefined) board.place(next);
}

function isFaulty({ judge }: Hall, fragment: CompiledFragment): boolean {
  return errorsOf(fragment, judge).length > 0;
}

function errorsOf(fragment: CompiledFragment, judge: Judge): readonly Finding[] {
  return [...fragment.findings, ...judge(fragment)].filter(({ severity }) => severity === "error");
}

function faultsOf({ board, judge }: Hall, fragment: CompiledFragment): readonly Finding[] {
  const own = errorsOf(fragment, judge);
  return own.length > 0 ? own : outermost(board.conflicts(fragment)).map(conflictFinding);
}

// A type that is taken says it of its fields, too: they are what it needs any one of.
function outermost(conflicts: readonly Conflict[]): readonly Conflict[] {
  const within = new Set(
    conflicts.flatMap(({ claim: { protocol, claim }, owner }) =>
      (claim.needs ?? []).flatMap((need) =>
        typeof need === "string" ? [] : need.map((key) => `${owner} ${claimKey(protocol, key)}`),
      ),
    ),
  );
  return conflicts.filter(({ claim: { key }, owner }) => !within.has(`${owner} ${key}`));
}

function conflictFinding({ claim: { protocol, claim }, owner }: Conflict): Finding {
  const label = claim.label ?? claim.key;
  return {
    severity: "error",
    code: "CLAIM_TAKEN",
    jsonPath: claim.jsonPath,
    message: `\`${label}\` (${protocol}) is held by the service \`${owner}\`.`,
    found: label,
    ...claim.locate?.(),
    hint: `It is yours as soon as \`${owner}\` gives it up. Until then choose another name or path.`,
  };
}

function contestedOf({ board, refused }: Hall): ReadonlyMap<string, Contested> {
  const contested = new Map<string, Contested>();
  for (const { fragment } of refused.values()) {
    for (const { claim, owner } of board.conflicts(fragment)) {
      const claimants = contested.get(claim.key)?.claimants ?? [];
      contested.set(claim.key, { owner, claimants: [...claimants, fragment.service] });
    }
  }
  return new Map([...contested].sort(([one], [other]) => (one < other ? -1 : 1)));
}
