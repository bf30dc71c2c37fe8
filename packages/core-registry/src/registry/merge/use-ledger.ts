import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { ClaimTable } from "../claims/claim-table.ts";
import type { Resolution } from "../claims/resolve-conflicts.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { FragmentStore } from "../discovery/fragment-store.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CompileInput, MergeInput } from "./types.ts";

/**
 * The fragments that the ledger names as accepted or pinned and that are not the newest of their service,
 * compiled, by hash. No node has to publish them any more.
 */
export async function findRetained(
  { view, ledger, previous }: Pick<MergeInput, "view" | "ledger" | "previous">,
  fragments: FragmentStore,
): Promise<ReadonlyMap<string, CompiledFragment>> {
  const wanted: (readonly [service: string, hash: string])[] = [];
  const want = (hash: string | null, service: string): void => {
    const candidates = view.candidates(service);
    if (hash !== null && candidates.length > 0 && candidates[0]?.fragment.hash !== hash)
      wanted.push([service, hash]);
  };
  ledger.accepted.forEach(want);
  ledger.pins.forEach(want);
  // Together, since a protocol can take its time limit for each.
  const found = wanted.map(async ([service, hash]): Promise<[string, CompiledFragment][]> => {
    const served = previous?.chosen.get(service);
    if (served?.hash === hash) return [[hash, served]];
    const source = fragments.find(service, hash);
    return source === undefined ? [] : [[hash, await fragments.recompile(source)]];
  });
  return new Map((await Promise.all(found)).flat());
}

/** The fragments that were accepted last, by the ledger, else by master. */
export function acceptedFragments(
  view: View,
  ledger: Ledger,
  masterTable: ClaimTable,
  retained: ReadonlyMap<string, CompiledFragment>,
): readonly CompiledFragment[] {
  return [...view.directory.services.keys()].flatMap((service) => {
    const known = ledger.accepted.get(service);
    const hash = known === undefined ? masterTable.chosen(service)?.hash : known;
    if (typeof hash !== "string") return [];
    const published = view.candidates(service).find(({ fragment }) => fragment.hash === hash);
    return published?.fragment ?? retained.get(hash) ?? [];
  });
}

/**
 * The ledger after a merge: who owns each contested claim, and which fragment of each service was accepted
 * last.
 */
export function nextLedger(
  { view, ledger, parentTable }: Pick<CompileInput, "view" | "ledger" | "parentTable">,
  { contested }: Resolution,
  chosen: ReadonlyMap<string, CompiledFragment>,
): Ledger {
  return {
    ...ledger,
    accepted:
      view.branch === masterBranch
        ? acceptedOnMaster(view, ledger, chosen)
        : acceptedOnBranch(view, ledger, parentTable, chosen),
    owners: new Map([...contested].map(([claim, { owner }]) => [claim, owner])),
  };
}

// A service whose newest fragment is refused keeps the accepted one; a service that left the view is
// forgotten.
function acceptedOnMaster(
  view: View,
  ledger: Ledger,
  chosen: ReadonlyMap<string, CompiledFragment>,
): Ledger["accepted"] {
  const accepted = new Map<string, string>();
  for (const service of view.directory.services.keys()) {
    if (view.candidates(service).length === 0) continue;
    const hash = chosen.get(service)?.hash ?? ledger.accepted.get(service);
    if (typeof hash === "string") accepted.set(service, hash);
  }
  return accepted;
}

// The ledger of a branch says only what differs from master.
function acceptedOnBranch(
  view: View,
  ledger: Ledger,
  parentTable: ClaimTable,
  chosen: ReadonlyMap<string, CompiledFragment>,
): Ledger["accepted"] {
  const accepted = new Map<string, string | null>();
  for (const service of view.directory.services.keys()) {
    if (view.candidates(service).length === 0) continue;
    const hash = chosen.get(service)?.hash;
    const previous = ledger.accepted.get(service);
    if (hash === undefined) {
      if (typeof previous === "string") accepted.set(service, previous);
      else if (parentTable.chosen(service) !== undefined) accepted.set(service, null);
    } else if (hash !== parentTable.chosen(service)?.hash) accepted.set(service, hash);
  }
  return accepted;
}
