import type { ClaimTable } from "../claims/claim-table.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { FragmentStore } from "../discovery/fragment-store.ts";
import type { View } from "../discovery/view.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { MergeInput } from "./types.ts";

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
  const retained = new Map<string, CompiledFragment>();
  for (const [service, hash] of wanted) {
    const served = previous?.chosen.get(service);
    const source = served?.hash === hash ? undefined : fragments.find(service, hash);
    if (served?.hash === hash) retained.set(hash, served);
    else if (source !== undefined) retained.set(hash, await fragments.recompile(source));
  }
  return retained;
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
