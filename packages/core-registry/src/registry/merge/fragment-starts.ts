import type { Finding } from "../../contracts/report.ts";
import type { Lifecycle } from "../../runtime/boundary/lifecycle.ts";
import { pluginFinding } from "../../runtime/connectors/policy-rules.ts";
import type { CompiledFragment } from "../discovery/compile-fragment.ts";
import type { Runtime } from "../runtime.ts";

/**
 * Starts what the rules and parts of fragments opened before the first version that uses them is served, and
 * disposes it when nothing can use it any more (S17).
 */
export interface FragmentStarts {
  /**
   * Starts what these fragments need and is not started. Never rejects.
   * @returns false where a fragment failed: `faultsOf` then refuses it
   */
  start(fragments: Iterable<CompiledFragment>): Promise<boolean>;
  faultsOf(fragment: CompiledFragment): readonly Finding[];
  /** Disposes everything that was started. */
  stop(): Promise<void>;
}

/**
 * How long after the last reference was collected something is disposed, in milliseconds: a request that
 * began on a version that is gone can still run.
 */
const graceMs = 30_000;

const noFindings: readonly Finding[] = [];

/** @param pluginFailed receives each failure, for the log */
export function createFragmentStarts(
  runtime: Pick<Runtime, "timers">,
  pluginFailed: (error: unknown) => void,
): FragmentStarts {
  const faults = new WeakMap<CompiledFragment, readonly Finding[]>();
  const known = new WeakSet<CompiledFragment>();
  const running = new Map<Lifecycle, { users: number }>();

  // A lifecycle does not refer to the objects that use it, so they can be collected while it waits here.
  const collected = new FinalizationRegistry<Lifecycle>((lifecycle) => {
    const state = running.get(lifecycle);
    if (state === undefined) return;
    state.users--;
    if (state.users > 0) return;
    runtime.timers.after(graceMs, () => {
      running.delete(lifecycle);
      void lifecycle.dispose();
    });
  });

  const startOne = async (fragment: CompiledFragment): Promise<boolean> => {
    known.add(fragment);
    try {
      for (const { lifecycle, users } of fragment.lifecycles) {
        running.set(lifecycle, { users: users.length });
        for (const user of users) collected.register(user, lifecycle);
        await lifecycle.start();
      }
      return true;
    } catch (error) {
      pluginFailed(error);
      faults.set(fragment, [pluginFinding(error, "")]);
      return false;
    }
  };

  return {
    async start(fragments) {
      const starting: Promise<boolean>[] = [];
      for (const fragment of fragments)
        if (fragment.lifecycles.length > 0 && !known.has(fragment)) starting.push(startOne(fragment));
      return starting.length === 0 || !(await Promise.all(starting)).includes(false);
    },
    faultsOf: (fragment) => faults.get(fragment) ?? noFindings,
    async stop() {
      await Promise.all([...running.keys()].map((lifecycle) => lifecycle.dispose()));
      running.clear();
    },
  };
}
