import type { Board } from "./board.ts";
import { type IndexedClaim, indexOf } from "./fragment-index.ts";
import type { Pace } from "./pace.ts";

/** One claim of one service. */
interface Entry {
  readonly service: string;
  readonly claim: IndexedClaim;
}

/**
 * Says on a board which claims wait for something that nobody defines (S5.8). Starts from all claims and takes out what
 * names something missing, until nothing changes: so definitions that need each other stay together. Looks only at what
 * the change of the board can have touched: what waited, what is new, and what needs something that is gone.
 *
 * @param board over a board on which this was done already
 * @param base that one
 */
export async function settleWaiting(board: Board, base: Board, pace: Pace): Promise<void> {
  const open = openEntries(board, base);
  const waiting = new Map<string, Set<string>>();
  for (const service of board.waiters()) board.setWaiting(service, none);
  // A key may be claimed twice by one service: it waits where one of the claims does.
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { service, claim } = entry;
    const keys = waiting.get(service) ?? new Set<string>();
    if (keys.has(claim.key) || isMet(claim, board)) continue;
    waiting.set(service, keys.add(claim.key));
    board.setWaiting(service, keys);
    if (!board.isHeld(claim.key)) open.push(...needing(board, claim.key));
    await pace();
  }
}

function openEntries(board: Board, base: Board): Entry[] {
  const moved = board.moved();
  const open: Entry[] = [...board.waiters(), ...moved].flatMap((service) => needful(board, service));
  for (const service of moved) {
    const before = base.chosen(service);
    if (before === undefined) continue;
    for (const { key } of indexOf(before).claims) if (!board.isHeld(key)) open.push(...needing(board, key));
  }
  return open;
}

/** The claims of a service that need anything. */
function needful(board: Board, service: string): Entry[] {
  const fragment = board.chosen(service);
  if (fragment === undefined) return [];
  return indexOf(fragment)
    .claims.filter(({ needs }) => needs.length > 0)
    .map((claim) => ({ service, claim }));
}

/** The claims that need a key. */
function needing(board: Board, key: string): Entry[] {
  return [...(board.needers(key) ?? [])].flatMap((service) => {
    const fragment = board.chosen(service);
    const claims = fragment === undefined ? [] : (indexOf(fragment).needing.get(key) ?? []);
    return claims.map((claim) => ({ service, claim }));
  });
}

function isMet({ needs }: IndexedClaim, board: Board): boolean {
  return needs.every((anyOf) => anyOf.some((key) => board.isHeld(key)));
}

const none: ReadonlySet<string> = new Set();
