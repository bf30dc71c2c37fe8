import type { Registry, ServiceBroker, Transit } from "moleculer";
import { silentPeers } from "./round-trip.ts";
import { isTcp, sendInfoByGossip } from "./tcp.ts";
import { within } from "./within.ts";

/** Milliseconds that other nodes get to hear that this one stops, and then to take its last answers. */
const hearing = 1_000;

/** Milliseconds that running calls get, where nothing is said: Moleculer's own number. */
const finishing = 5_000;

/**
 * Makes a broker that stops lose no call (S9.7). Moleculer sends a packet without services first, which TCP does not do:
 * here it is sent to all nodes, and services stop only when these have read it, so that what they called before is here.
 * Where Moleculer does not wait for running calls (`tracking`), they are waited for as well. TCP's sockets end when the
 * last answers have been read. Other nodes get a second for each.
 */
export function leaveInOrder(broker: ServiceBroker): void {
  const { registry, transit } = broker;
  if (transit === undefined) return;
  const { discoverer } = registry;
  const running = requestsOf(transit);
  let leaving: Info | undefined;
  let deaf: ReadonlySet<string> = new Set();

  const regenerateLocalRawInfo = registry.regenerateLocalRawInfo.bind(registry);
  registry.regenerateLocalRawInfo = (incSeq, isStopping) => {
    const info = regenerateLocalRawInfo(incSeq, isStopping);
    if (!isStopping) return info;
    leaving = info;
    // A change that nobody was told of yet would bring the services back.
    Object.assign(registry, { localNodeInfoInvalidated: false });
    return info;
  };

  const sendLocalNodeInfo = discoverer.sendLocalNodeInfo.bind(discoverer);
  discoverer.sendLocalNodeInfo = async (nodeID) => {
    await sendLocalNodeInfo(nodeID);
    if (leaving === undefined || nodeID !== undefined) return;
    const info = leaving;
    leaving = undefined;
    const others = reached(broker);
    for (const id of others) sendInfoByGossip(broker, info, id);
    deaf = await silentPeers(broker, others, hearing);
    const { enabled, shutdownTimeout } = broker.options.tracking ?? {};
    if (!enabled && running.size > 0) await within(Promise.allSettled(running), shutdownTimeout ?? finishing);
  };

  const disconnect = transit.disconnect.bind(transit);
  transit.disconnect = async () => {
    const others = reached(broker).filter((id) => !deaf.has(id));
    await silentPeers(broker, others, hearing);
    return disconnect();
  };
}

type Info = ReturnType<Registry["getLocalNodeInfo"]>;

/** Requests of other nodes that are not answered yet. */
function requestsOf(transit: Transit): ReadonlySet<Promise<void>> {
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

/** The TCP peers that are there. */
function reached(broker: ServiceBroker): readonly string[] {
  if (!isTcp(broker) || !broker.transit?.tx.connected) return [];
  const others = broker.registry.nodes.toArray().filter(({ local, available }) => !local && available);
  return others.map(({ id }) => id);
}
