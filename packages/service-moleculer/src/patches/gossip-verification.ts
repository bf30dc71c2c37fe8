/*
 * Patch: gossip about third nodes is verified (TCP transporter, Moleculer 0.15).
 *
 * Moleculer marks a node as offline as soon as any other node reports it in a gossip packet
 * (`processGossipRequest` and `processGossipResponse` in `transporters/tcp.js`), and marks an offline node as
 * available when a packet mentions a newer CPU load of the node.
 *
 * Without the patch, one node that cannot reach another one removes it from the whole system, and a node that
 * has left comes back without its services.
 *
 * Can be removed when Moleculer checks a node itself before it believes gossip about that node.
 */
import type { ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { isFirstPatch } from "../wire/patched.ts";
import { silentPeers, tcpTransporter } from "../wire/tcp.ts";
import { isObject } from "../wire/values.ts";
import { heartbeatTimeoutOf } from "./heartbeat-timeout.ts";

/** Entries of a gossip packet by node id. Another node sent them, so nothing in them is checked. */
interface GossipEntries {
  /** Address, services and load of nodes that the sender takes for online. */
  readonly online: Record<string, unknown>;
  /** Sequence numbers of nodes that the sender takes for offline. */
  readonly offline: Record<string, unknown>;
}

type GossipType = "GOSSIP_REQ" | "GOSSIP_RES";

/** Returns a middleware that verifies gossip about third nodes. */
export function gossipVerification(): MiddlewareFactory {
  return middleware("TidegateGossipVerification", () => ({ created: verifyGossip }));
}

/**
 * Ignores TCP gossip that a third node is offline: pings that node instead, and removes it only after the
 * heartbeat timeout or if it cannot be reached. Ignores gossip about the load of a node that is gone. Does
 * nothing for other transporters, and for a broker that is patched already.
 */
export function verifyGossip(broker: ServiceBroker): void {
  if (!isFirstPatch(broker, "gossip-verification")) return;
  const verifying = new Set<string>();

  const verify = async (id: string): Promise<void> => {
    if (verifying.has(id)) return;
    verifying.add(id);
    const seconds = heartbeatTimeoutOf(broker, id);
    const silent = await silentPeers(broker, [id], seconds > 0 ? seconds * 1_000 : undefined);
    verifying.delete(id);
    if (silent.has(id)) broker.registry.nodes.disconnected(id, true);
  };

  interceptGossip(broker, (type, entries) => {
    for (const id of removeOfflineClaims(broker, type, entries)) void verify(id);
    if (type === "GOSSIP_RES") removeUpdatesOfGoneNodes(broker, entries);
  });
}

/**
 * Removes the claims that an available node is offline, and returns the ids of these nodes. Claims with an
 * older sequence number stay: Moleculer corrects or ignores them itself.
 */
function removeOfflineClaims(
  broker: ServiceBroker,
  type: GossipType,
  { online, offline }: GossipEntries,
): readonly string[] {
  const claimed: string[] = [];
  for (const [id, seq] of Object.entries(offline)) {
    const node = broker.registry.nodes.get(id);
    if (!Number.isSafeInteger(seq)) delete offline[id];
    if (node === undefined || node.local || !node.available) continue;
    if (typeof seq === "number" && seq < node.seq) continue;
    delete offline[id];
    // An entry without news keeps Moleculer from sending the requester its own information about the node.
    if (type === "GOSSIP_REQ") online[id] = [node.seq, node.cpuSeq ?? 0, node.cpu ?? 0];
    claimed.push(id);
  }
  return claimed;
}

/** Removes entries about nodes that are gone, unless they carry a newer INFO packet of the node. */
function removeUpdatesOfGoneNodes(broker: ServiceBroker, { online }: GossipEntries): void {
  for (const [id, entry] of Object.entries(online)) {
    const node = broker.registry.nodes.get(id);
    if (node === undefined || node.local || node.available) continue;
    const info: unknown = Array.isArray(entry) ? entry[0] : undefined;
    const seq = isObject(info) ? info.seq : undefined;
    if (typeof seq !== "number" || seq <= node.seq) delete online[id];
  }
}

/** Lets `read` change the entries of gossip packets before Moleculer handles them. */
function interceptGossip(
  broker: ServiceBroker,
  read: (type: GossipType, entries: GossipEntries) => void,
): void {
  const tcp = tcpTransporter(broker);
  if (tcp === undefined) return;
  const deserialize = tcp.deserialize.bind(tcp);
  tcp.deserialize = (type, message) => {
    const packet = deserialize(type, message);
    const payload = packet?.payload;
    if ((type !== "GOSSIP_REQ" && type !== "GOSSIP_RES") || !isObject(payload)) return packet;
    const entries = {
      online: isObject(payload.online) ? payload.online : {},
      offline: isObject(payload.offline) ? payload.offline : {},
    };
    read(type, entries);
    Object.assign(payload, entries);
    return packet;
  };
}
