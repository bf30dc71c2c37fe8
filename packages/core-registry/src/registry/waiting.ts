import type { Claim } from "../contracts/protocol.ts";

/** One fragment's claims in one protocol. */
export interface ClaimsOf {
  /** The service. */
  readonly service: string;
  /** What it claims. */
  readonly claims: readonly Claim[];
}

/**
 * Which claims wait for something that nobody defines (S5.8). Starts from all of them and takes out what names something
 * missing, until nothing changes: so definitions that need each other stay together.
 *
 * @returns the keys that wait, by service; services without any are left out
 */
export function waitingClaims(parts: readonly ClaimsOf[]): ReadonlyMap<string, ReadonlySet<string>> {
  const held = new Map<string, number>();
  const open: { service: string; claim: Claim }[] = [];
  for (const { service, claims } of parts) {
    for (const claim of claims) {
      held.set(claim.key, (held.get(claim.key) ?? 0) + 1);
      if (claim.needs !== undefined && claim.needs.length > 0) open.push({ service, claim });
    }
  }
  const waiting = new Map<string, Set<string>>();
  for (let before = -1; before !== open.length; ) {
    before = open.length;
    for (let index = open.length - 1; index >= 0; index--) {
      const entry = open[index];
      if (entry === undefined || isMet(entry.claim, held)) continue;
      open.splice(index, 1);
      held.set(entry.claim.key, (held.get(entry.claim.key) ?? 0) - 1);
      const keys = waiting.get(entry.service) ?? new Set();
      waiting.set(entry.service, keys.add(entry.claim.key));
    }
  }
  return waiting;
}

/** The keys of a claim's needs that nobody holds, for the report. */
export function missingNeeds(claim: Claim, isHeld: (key: string) => boolean): string[] {
  return (claim.needs ?? []).flatMap((need) => {
    const anyOf = typeof need === "string" ? [need] : need;
    return anyOf.some(isHeld) ? [] : anyOf;
  });
}

function isMet(claim: Claim, held: ReadonlyMap<string, number>): boolean {
  return (claim.needs ?? []).every((need) => {
    const anyOf = typeof need === "string" ? [need] : need;
    return anyOf.some((key) => (held.get(key) ?? 0) > 0);
  });
}
