import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { ClaimTable } from "../claims/claim-table.ts";
import type { Resolution } from "../claims/resolve-conflicts.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CompileInput } from "./types.ts";

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
