/*
 * Patch: a broker that stops loses no call (Moleculer 0.15).
 *
 * `broker.stop()` sends an INFO packet without services before it stops its services, so that other nodes
 * send no more calls. The TCP transporter does not send that packet, no transporter waits until the others
 * have read it, running calls are awaited only with the option `tracking`, and TCP sockets are destroyed with
 * answers still in them.
 *
 * Without the patch, every rolling update fails the calls that are on their way to the node that stops.
 *
 * Can be removed when Moleculer's TCP transporter sends the last INFO packet and `stop()` waits for its
 * receivers, for running calls and for the last answers.
 */
import type { ServiceBroker, Transit } from "moleculer";
import { type NodeInfo, sendInfoByTcp, silentPeers, tcpTransporter } from "../wire/tcp.ts";
import { withTimeout } from "../wire/values.ts";

/** Milliseconds that other nodes have to read that this one stops, and later to read its last answers. */
const peerTimeout = 1_000;

/** Milliseconds that running calls have by default: the same as Moleculer's `tracking.shutdownTimeout`. */
const runningCallsTimeout = 5_000;

/**
 * Makes a broker leave without losing a call when it stops (S9.7): it sends the INFO packet without services
 * to all TCP peers, and stops its services only when these have read the packet, so that calls that they sent
 * before have arrived. It waits for running calls where `tracking` does not, and closes TCP sockets only when
 * the last answers have been read.
 */
export function leaveGracefully(broker: ServiceBroker): void {
  const { registry, transit } = broker;
  if (transit === undefined) return;
  const { discoverer } = registry;
  const running = trackRequests(transit);
  let leavingInfo: NodeInfo | undefined;
  let silent: ReadonlySet<string> = new Set();

  const regenerateLocalRawInfo = registry.regenerateLocalRawInfo.bind(registry);
  registry.regenerateLocalRawInfo = (incSeq, isStopping) => {
    const info = regenerateLocalRawInfo(incSeq, isStopping);
    if (!isStopping) return info;
    leavingInfo = info;
    // A pending change would make Moleculer generate the INFO again, with the services.
    Object.assign(registry, { localNodeInfoInvalidated: false });
    return info;
  };

  const sendLocalNodeInfo = discoverer.sendLocalNodeInfo.bind(discoverer);
  discoverer.sendLocalNodeInfo = async (nodeID) => {
    await sendLocalNodeInfo(nodeID);
    if (leavingInfo === undefined || nodeID !== undefined) return;
    const info = leavingInfo;
    leavingInfo = undefined;
    const peers = availablePeers(broker);
    for (const id of peers) sendInfoByTcp(broker, info, id);
    silent = await silentPeers(broker, peers, peerTimeout);
    const { enabled, shutdownTimeout } = broker.options.tracking ?? {};
    if (!enabled && running.size > 0)
      await withTimeout(Promise.allSettled(running), shutdownTimeout ?? runningCallsTimeout);
  };

  const disconnect = transit.disconnect.bind(transit);
  transit.disconnect = async () => {
    const peers = availablePeers(broker).filter((id) => !silent.has(id));
    await silentPeers(broker, peers, peerTimeout);
    return disconnect();
  };
}

/** Returns the requests of other nodes that are not answered yet; the set is kept up to date. */
function trackRequests(transit: Transit): ReadonlySet<Promise<void>> {
  const running = new Set<Promise<void>>();
  const requestHandler = transit.requestHandler.bind(transit);
  transit.requestHandler = (payload) => {
    const answered = requestHandler(payload);
    running.add(answered);
    const done = (): void => void running.delete(answered);
    answered.then(done, done);
    return answered;
  };
  return running;
}

/** The ids of the available TCP peers; empty for other transporters. */
function availablePeers(broker: ServiceBroker): readonly string[] {
  if (tcpTransporter(broker) === undefined || !broker.transit?.tx.connected) return [];
  const peers = broker.registry.nodes.toArray().filter(({ local, available }) => !local && available);
  return peers.map(({ id }) => id);
}
