import type { Clock } from "../../contracts/clock.ts";
import type { Finding } from "../../contracts/report.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";

/**
 * Fragments with which a plugin was too late. They are refused for a while without another try: each merge
 * would wait for the time limit again, and every other service with it.
 */
export interface LateFragments {
  add(fragments: readonly CompiledFragment[], finding: Finding): void;
  /** The findings that refuse a fragment; none where it can be tried again. */
  faultsOf(fragment: CompiledFragment): readonly Finding[];
}

/** How long a fragment is refused without another try, in milliseconds. */
const refusedMs = 60_000;

const noFindings: readonly Finding[] = [];

/** Creates an empty collection. */
export function createLateFragments(clock: Clock): LateFragments {
  const late = new WeakMap<CompiledFragment, { readonly until: number; readonly findings: Finding[] }>();
  return {
    add(fragments, finding) {
      for (const fragment of fragments)
        late.set(fragment, { until: clock.now() + refusedMs, findings: [finding] });
    },
    faultsOf(fragment) {
      const known = late.get(fragment);
      return known === undefined || clock.now() >= known.until ? noFindings : known.findings;
    },
  };
}
