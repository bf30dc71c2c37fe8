import type { ServiceBroker } from "moleculer";

/**
 * The patches of a broker are noted on the broker itself, under a symbol that all copies of this package
 * share: a service can have another copy of this package than the file that creates its broker.
 */
const patchesKey: unique symbol = Symbol.for("@tidegate/service-moleculer patches");

interface PatchedBroker {
  [patchesKey]?: Set<string>;
}

/** Returns whether a broker is patched for the first time, and notes that it is. */
export function isFirstPatch(broker: ServiceBroker & PatchedBroker, patch: string): boolean {
  broker[patchesKey] ??= new Set();
  if (broker[patchesKey].has(patch)) return false;
  broker[patchesKey].add(patch);
  return true;
}
