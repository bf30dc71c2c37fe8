import type { ServiceBroker } from "moleculer";
import { silenceAllowed } from "./heartbeats.ts";
import { type MiddlewareFactory, middleware } from "./hooks.ts";
import { silentPeers } from "./round-trip.ts";
import { readGossip } from "./tcp.ts";

const checking = new WeakMap<ServiceBroker, Set<string>>();

/**
 * Makes a broker on TCP believe no node about another: Moleculer takes a node for offline as soon as any other says so.
 * Instead the node itself is asked, once at a time, and is lost where it is silent for as long as a heartbeat may be, or
 * cannot be reached. And a node that is gone does not come back by what others say of its load, without its services. Does
 * nothing for other transporters, nor for a broker that does so already.
 */
export function checkHearsay(broker: ServiceBroker): void {
  if (checking.has(broker)) return;
  const asked = new Set<string>();
  checking.set(broker, asked);
  const { nodes } = broker.registry;

  const check = async (id: string): Promise<void> => {
    if (asked.has(id)) return;
    asked.add(id);
    const seconds = silenceAllowed(broker, id);
    const silent = await silentPeers(broker, [id], seconds > 0 ? seconds * 1_000 : undefined);
    asked.delete(id);
    if (silent.has(id)) nodes.disconnected(id, true);
  };

  readGossip(broker, (type, { online, offline }) => {
    for (const [id, seq] of Object.entries(offline)) {
      const node = nodes.get(id);
      if (!Number.isSafeInteger(seq)) delete offline[id];
      if (node === undefined || node.local || !node.available) continue;
      // What is older than what is known here Moleculer corrects, or leaves, itself.
      if (typeof seq === "number" && seq < node.seq) continue;
      delete offline[id];
      // Read as nothing new, so that Moleculer does not answer with its own word about the node.
      if (type === "GOSSIP_REQ") online[id] = [node.seq, node.cpuSeq ?? 0, node.cpu ?? 0];
      void check(id);
    }
    if (type === "GOSSIP_REQ") return;
    for (const [id, row] of Object.entries(online)) {
      const node = nodes.get(id);
      if (node === undefined || node.local || node.available) continue;
      const { seq } = (Array.isArray(row) ? (row[0] ?? {}) : {}) as { seq?: unknown };
      if (typeof seq !== "number" || seq <= node.seq) delete online[id];
    }
  });
}

/** A middleware that makes a broker on TCP believe no node about another. */
export function hearsay(): MiddlewareFactory {
  return middleware("TidegateHearsay", () => ({ created: checkHearsay }));
}
