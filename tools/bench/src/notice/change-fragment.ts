import type { FragmentInput } from "@tidegate/core-registry";
import type { Service } from "moleculer";

/**
 * Gives a running service another fragment, without stopping it: its metadata changes, and its node says so as it does when a
 * service comes or goes.
 * @param revision higher than the one before (S9.2)
 */
export function changeFragment({ broker, fullName }: Service, api: FragmentInput, revision: number): void {
  const { registry } = broker;
  const item = registry.services.get(fullName, broker.nodeID);
  // An object that stands at two places would arrive at one of them only.
  item.metadata = { ...item.metadata, api: JSON.parse(JSON.stringify(api)), revision };
  registry.regenerateLocalRawInfo(true);
  broker.servicesChanged(true);
}
