import type { Finding } from "../../contracts/report.ts";
import type { YieldToEventLoop } from "../../runtime/yield.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Parts } from "../merge/assemble.ts";
import { type IndexedClaim, indexOf } from "./claim-index.ts";
import type { Board } from "./claim-table.ts";

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
export async function settleWaiting(
  board: Board,
  base: Board,
  yieldToEventLoop: YieldToEventLoop,
): Promise<void> {
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
    await yieldToEventLoop();
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

const mostTold = 100;
const mostNames = 5;

/** What is told of a fragment's claims that wait for something that nobody defines (S5.8). */
export function waitingFindings(
  fragment: CompiledFragment,
  parts: Parts,
  isHeld: (key: string) => boolean,
): Finding[] {
  const waits = indexOf(fragment).claims.filter(
    ({ protocol, claim }) => parts.get(protocol)?.get(fragment.service)?.waiting.has(claim.key) === true,
  );
  // A fragment may have thousands; each place is looked up in the whole text.
  return waits.slice(0, mostTold).flatMap(({ protocol, claim, needs }): Finding[] => {
    const missing = needs.flatMap((anyOf) => (anyOf.some(isHeld) ? [] : anyOf));
    const some = missing.slice(0, mostNames).map((key) => `\`${key.slice(protocol.length + 1)}\``);
    const names = `${some.join(", ")}${missing.length > mostNames ? " and others" : ""}`;
    return [
      {
        severity: "info",
        code: "CLAIM_WAITING",
        jsonPath: claim.jsonPath,
        message: `\`${claim.label ?? claim.key}\` waits for ${names}, which no service defines.`,
        ...claim.locate?.(),
        hint: "It comes in by itself as soon as they appear.",
      },
    ];
  });
}
