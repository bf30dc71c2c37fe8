import { masterBranch } from "../../runtime/fragment/fragment.ts";
import type { Board } from "../claims/claim-table.ts";
import type { Admission } from "../claims/resolve-conflicts.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** What history says after a compilation: who holds what is contested, and what each service was accepted with last. */
export function nextLedger(
  { view, ledger, base }: { readonly view: View; readonly ledger: Ledger; readonly base: Board },
  { contested }: Admission,
  chosen: ReadonlyMap<string, CompiledFragment>,
): Ledger {
  return {
    ...ledger,
    accepted:
      view.branch === masterBranch ? acceptedOf(view, ledger, chosen) : differing(view, ledger, base, chosen),
    owners: new Map([...contested].map(([claim, { owner }]) => [claim, owner])),
  };
}

// A service that is refused now keeps what it had; one that is gone from the view is forgotten.
function acceptedOf(
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

/** A branch follows master where it does not differ. */
function differing(
  view: View,
  ledger: Ledger,
  base: Board,
  chosen: ReadonlyMap<string, CompiledFragment>,
): Ledger["accepted"] {
  const accepted = new Map<string, string | null>();
  for (const service of view.directory.services.keys()) {
    if (view.candidates(service).length === 0) continue;
    const own = chosen.get(service)?.hash;
    const before = ledger.accepted.get(service);
    if (own === undefined) {
      if (typeof before === "string") accepted.set(service, before);
      else if (base.chosen(service) !== undefined) accepted.set(service, null);
    } else if (own !== base.chosen(service)?.hash) accepted.set(service, own);
  }
  return accepted;
}
