import type { Claim } from "../../contracts/protocol.ts";
import { memoize } from "../../runtime/memoize.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";

/** A claim as a branch knows it: with keys that are unique over all protocols. */
export interface IndexedClaim {
  /** The protocol's key. */
  readonly protocol: string;
  /** The claim. */
  readonly claim: Claim;
  /** Its key over all protocols: `REST GET /players/:`. */
  readonly key: string;
  /** What it needs, as such keys: each list by one of its members. */
  readonly needs: readonly (readonly string[])[];
}

/** What a fragment claims, needs and mentions, looked up by key. Made once per fragment, whatever holds it. */
export interface FragmentIndex {
  /** All of its claims. */
  readonly claims: readonly IndexedClaim[];
  /** Those of its claims that need something, by each key that they need. */
  readonly needing: ReadonlyMap<string, readonly IndexedClaim[]>;
  /** The services that its actions may belong to, by name. */
  readonly mentions: ReadonlySet<string>;
}

/** The index of a fragment. */
export const indexOf: (fragment: CompiledFragment) => FragmentIndex = memoize((fragment) => {
  const claims = [...fragment.parts].flatMap(([protocol, part]) =>
    part.claims.map((claim) => indexed(protocol, claim)),
  );
  return { claims, needing: needingOf(claims), mentions: mentionsOf(fragment) };
});

/** A claim's key over all protocols. */
export function claimKey(protocol: string, key: string): string {
  return `${protocol} ${key}`;
}

const noNeeds: IndexedClaim["needs"] = [];

function indexed(protocol: string, claim: Claim): IndexedClaim {
  const needs = claim.needs?.map((need) =>
    (typeof need === "string" ? [need] : need).map((key) => claimKey(protocol, key)),
  );
  return { protocol, claim, key: claimKey(protocol, claim.key), needs: needs ?? noNeeds };
}

function needingOf(claims: readonly IndexedClaim[]): ReadonlyMap<string, readonly IndexedClaim[]> {
  const needing = new Map<string, IndexedClaim[]>();
  for (const claim of claims) {
    for (const key of new Set(claim.needs.flat())) {
      const known = needing.get(key);
      if (known === undefined) needing.set(key, [claim]);
      else known.push(claim);
    }
  }
  return needing;
}

// Both parts of `chat.message.stream` may hold dots.
function mentionsOf(fragment: CompiledFragment): ReadonlySet<string> {
  const mentions = new Set<string>();
  for (const { connectors } of fragment.endpoints) {
    for (const { action } of connectors) {
      if (action === undefined) continue;
      for (let dot = action.lastIndexOf("."); dot > 0; dot = action.lastIndexOf(".", dot - 1))
        mentions.add(action.slice(0, dot));
    }
  }
  return mentions;
}
