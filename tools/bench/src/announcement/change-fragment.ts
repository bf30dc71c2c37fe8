import type { FragmentInput } from "@tidegate/core-registry";
import type { Service } from "moleculer";

/**
 * Changes the fragment of a running service: changes its metadata and announces it, as Moleculer does when a
 * service is added or removed.
 * @param revision higher than the previous one (S9.2)
 */
export function changeFragment({ broker, fullName }: Service, api: FragmentInput, revision: number): void {
  const { registry } = broker;
  const item = registry.services.get(fullName, broker.nodeID);
  // Moleculer transfers an object only once, even if the node information contains it twice. So the fragment
  // is copied.
  item.metadata = { ...item.metadata, api: JSON.parse(JSON.stringify(api)), revision };
  registry.regenerateLocalRawInfo(true);
  broker.servicesChanged(true);
}
