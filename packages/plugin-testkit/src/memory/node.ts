import { TidegateError } from "@tidegate/core-registry";
import type { Host } from "./host.ts";
import { type System, send, tellDown, tellUp } from "./system.ts";
import type { MemoryNode } from "./types.ts";

/** A node as the test moves it. */
export function memoryNode(system: System, host: Host): MemoryNode {
  const { hosts } = system;
  const goDown = (how: "left" | "lost"): void => {
    if (hosts.get(host.id) === host) hosts.delete(host.id);
    const services = [...host.services.keys()];
    host.services.clear();
    for (const service of services) tellDown(system, service, host.id, how);
  };
  return {
    id: host.id,
    publish: (service) => {
      hosts.set(host.id, host);
      host.services.set(service.name, service);
      tellUp(system, host, service);
    },
    withdraw: (service) => {
      if (host.services.delete(service)) tellDown(system, service, host.id, "left");
    },
    leave: () => goDown("left"),
    crash: () => {
      goDown("lost");
      const lost = new TidegateError("ACTION_UNAVAILABLE", `Node ${host.id} was lost.`, { dispatched: true });
      for (const fail of [...host.running]) fail(lost);
    },
    emit: (event, params, groups) =>
      send(system, { event, params, broadcast: false, ...(groups && { groups }) }, host.id),
    broadcast: (event, params, groups) =>
      send(system, { event, params, broadcast: true, ...(groups && { groups }) }, host.id),
    reports: host.reports.items,
    waitForReport: (fits) => host.reports.waitFor(fits),
  };
}
