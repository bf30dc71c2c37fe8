import { checkPlugin, type PluginKinds } from "@tidegate/core-registry";
import type { Check, CheckContext } from "./check.ts";
import { formatSeen } from "./compare.ts";
import { type OpenResources, watchResources } from "./resources.ts";

/** The begin and the end of a plugin, a rule or a part. */
export interface Lifecycle {
  start?(): void | Promise<void>;
  dispose?(): void | Promise<void>;
}

/** Returns the check that a plugin has the members of its contract, and no others. */
export function contractCheck<Harness>(
  kind: keyof PluginKinds,
  make: (harness: Harness) => unknown,
): Check<Harness> {
  return {
    title: `the ${kind} has the members of the contract, and no others`,
    run: (harness, check) => {
      check.clause("A plugin has the contract's number, all required members, and no unknown members.");
      const problem = pluginProblem(kind, make(harness));
      check.ok(problem === undefined, `checkPlugin() accepts the ${kind}`, problem);
    },
  };
}

function pluginProblem(kind: keyof PluginKinds, plugin: unknown): string | undefined {
  try {
    checkPlugin(kind, plugin);
    return undefined;
  } catch (error) {
    return formatSeen(error);
  }
}

/**
 * Returns the check that `start` and `dispose` resolve, and that nothing stays open after them.
 *
 * @param use uses the plugin between both; returns the rules or parts that are started and disposed too
 */
export function lifecycleCheck<Harness, Plugin extends Lifecycle>(
  kind: string,
  make: (harness: Harness) => Plugin,
  use: (harness: Harness, check: CheckContext, plugin: Plugin) => Promise<readonly Lifecycle[]>,
): Check<Harness> {
  return {
    title: "start and dispose resolve, and nothing stays open after them",
    run: async (harness, check) => {
      const resources = watchResources();
      check.onEnd(resources.stop);
      const plugin = resources.run(() => make(harness));
      check.clause("Opens what all share. Called once, before it is used.");
      await startOf(check, resources, plugin, `start() of the ${kind} resolves`);
      const children = await resources.run(() => use(harness, check, plugin));
      for (const child of children) await startOf(check, resources, child, "start() of each resolves");
      check.clause("Closes what `start` opened. Called once.");
      for (const child of children) await disposeOf(check, resources, child, "dispose() of each resolves");
      await disposeOf(check, resources, plugin, `dispose() of the ${kind} resolves`);
      await check.quiet();
      check.equal(resources.list(), [], "the list of timers, sockets and processes after dispose()");
    },
  };
}

function startOf(check: CheckContext, resources: OpenResources, plugin: Lifecycle, what: string) {
  return check.wait(
    Promise.try(() => resources.run(() => plugin.start?.())),
    what,
  );
}

function disposeOf(check: CheckContext, resources: OpenResources, plugin: Lifecycle, what: string) {
  return check.wait(
    Promise.try(() => resources.run(() => plugin.dispose?.())),
    what,
  );
}
