import type { Finding } from "../contracts/finding.ts";
import { type Conflict, claimKey, Holders } from "./claims.ts";
import type { CompiledFragment } from "./compile-fragment.ts";
import type { Ledger } from "./ledger.ts";
import type { Candidate, ServiceView, View } from "./view.ts";

/** Which fragment each service may have on a branch, and why not the newest. */
export interface Admission {
  /** What is used, by service. */
  readonly chosen: ReadonlyMap<string, CompiledFragment>;
  /** What was refused: services whose newest fragment is not used. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Who holds what others claim too, by claim. */
  readonly contested: ReadonlyMap<string, string>;
}

/** Why a service's newest fragment is not used. */
export interface Refusal {
  /** The fragment. */
  readonly fragment: CompiledFragment;
  /** What is wrong with it. */
  readonly findings: readonly Finding[];
}

/** Judges one fragment by what the fragment alone cannot tell; errors refuse it. */
export type Judge = (fragment: CompiledFragment) => readonly Finding[];

/** What admission works on while it goes on. */
interface Board {
  readonly chosen: Map<string, CompiledFragment>;
  readonly holders: Holders;
  readonly judge: Judge;
}

/**
 * Chooses a fragment for every service of a view. The incumbents are placed first, so who holds a claim keeps it; then
 * newer fragments are tried, older revisions first, again and again until none more fits. Pure and independent of the
 * order in which anything came: only view, ledger and judge decide (S9.2, S9.4, S9.6).
 *
 * @param lastGood finds the fragment that the ledger says was accepted last, where it is still known
 */
export function admit(
  view: View,
  ledger: Ledger,
  judge: Judge,
  lastGood: (service: string, hash: string) => CompiledFragment | undefined,
): Admission {
  const board: Board = { chosen: new Map(), holders: new Holders(), judge };
  const order = [...view.services.values()].sort(byPrecedence(ledger));
  for (const service of order) placeIncumbent(board, service, ledger, lastGood);
  const refused = new Map<string, Refusal>();
  const open = new Set(order);
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const service of open) if (tryNewest(board, service, refused)) open.delete(service);
  }
  for (const service of open) fallBack(board, service, refused);
  return { chosen: board.chosen, refused, contested: contestedOf(board, refused) };
}

// Who holds something contested goes first, then who was accepted before, then the lower revision, then the name.
function byPrecedence(ledger: Ledger): (one: ServiceView, other: ServiceView) => number {
  const holders = new Set(Object.values(ledger.holders));
  const rank = ({ service }: ServiceView): number =>
    holders.has(service) ? 0 : Object.hasOwn(ledger.accepted, service) ? 1 : 2;
  const revision = ({ candidates }: ServiceView): number => candidates[0]?.revision ?? 0;
  return (one, other) =>
    rank(one) - rank(other) || revision(one) - revision(other) || (one.service < other.service ? -1 : 1);
}

function placeIncumbent(
  board: Board,
  { service, candidates }: ServiceView,
  ledger: Ledger,
  lastGood: (service: string, hash: string) => CompiledFragment | undefined,
): void {
  const hash = ledger.accepted[service];
  if (hash === undefined) return;
  const known =
    candidates.find(({ fragment }) => fragment.hash === hash)?.fragment ?? lastGood(service, hash);
  if (known !== undefined && faultsOf(board, known).length === 0) place(board, known);
}

function tryNewest(
  board: Board,
  { service, candidates }: ServiceView,
  refused: Map<string, Refusal>,
): boolean {
  const newest = candidates[0]?.fragment;
  if (newest === undefined) return true;
  const before = board.chosen.get(service);
  if (before !== newest) {
    if (before !== undefined) unplace(board, before);
    const faults = faultsOf(board, newest);
    if (faults.length > 0) {
      if (before !== undefined) place(board, before);
      refused.set(service, { fragment: newest, findings: faults });
      return false;
    }
    place(board, newest);
  }
  refused.delete(service);
  return true;
}

// Nothing newer fits: the last good one stays; where there is none, the next candidate that fits.
function fallBack(board: Board, { service, candidates }: ServiceView, refused: Map<string, Refusal>): void {
  if (board.chosen.has(service) || !refused.has(service)) return;
  const next = candidates.slice(1).find(({ fragment }: Candidate) => faultsOf(board, fragment).length === 0);
  if (next !== undefined) place(board, next.fragment);
}

function place(board: Board, fragment: CompiledFragment): void {
  board.chosen.set(fragment.service, fragment);
  board.holders.add(fragment);
}

function unplace(board: Board, fragment: CompiledFragment): void {
  board.chosen.delete(fragment.service);
  board.holders.remove(fragment);
}

function faultsOf(board: Board, fragment: CompiledFragment): readonly Finding[] {
  const own = [...fragment.findings, ...board.judge(fragment)].filter(({ severity }) => severity === "error");
  return own.length > 0 ? own : board.holders.conflicts(fragment).map(conflictFinding);
}

function conflictFinding({ protocol, claim, holder }: Conflict): Finding {
  const label = claim.label ?? claim.key;
  return {
    severity: "error",
    code: "CLAIM_TAKEN",
    jsonPath: claim.jsonPath,
    message: `\`${label}\` (${protocol}) is held by the service \`${holder}\`.`,
    expected: "something that no other service has",
    found: label,
    ...claim.place?.(),
    hint: `It is yours as soon as \`${holder}\` gives it up. Until then choose another name or path.`,
  };
}

function contestedOf(board: Board, refused: ReadonlyMap<string, Refusal>): ReadonlyMap<string, string> {
  const contested = new Map<string, string>();
  for (const { fragment } of refused.values()) {
    for (const { protocol, claim, holder } of board.holders.conflicts(fragment)) {
      contested.set(claimKey(protocol, claim.key), holder);
    }
  }
  return contested;
}
