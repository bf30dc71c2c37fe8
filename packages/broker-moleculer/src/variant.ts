import type { ServiceBroker } from "moleculer";
import { branchActions } from "./service-name.ts";

/**
 * The name of an action on a branch (`player~preview.get` of `player.get`), where a node that is there has it: any, or the
 * one given. Undefined where none has.
 */
export function variantOf(
  broker: ServiceBroker,
  action: string,
  branch: string,
  nodeID?: string,
): string | undefined {
  for (const name of branchActions(action, branch)) {
    const endpoints = broker.registry.getActionEndpoints(name)?.endpoints ?? [];
    if (endpoints.some(({ id, isAvailable }) => isAvailable && (nodeID === undefined || id === nodeID)))
      return name;
  }
  return undefined;
}
