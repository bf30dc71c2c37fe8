import type { ServiceBroker } from "moleculer";
import { pingByGossip } from "./tcp.ts";

interface Waiting {
  readonly node: string;
  readonly settle: () => void;
}

/** Into so many parts a wait is cut: a process that was held up itself still reads what came meanwhile before it judges. */
const parts = 4;

/** Pings that are under way, by their ids. */
const underWay = new WeakMap<ServiceBroker, Map<string, Waiting>>();

/**
 * Pings TCP peers. Resolves with those that were silent for `ms` milliseconds (default: that is waited for without end),
 * when each other one has answered or is gone. Who answered has read what was sent to it before, and what it sent before
 * is here. Empty for other transporters.
 */
export async function silentPeers(
  broker: ServiceBroker,
  nodes: readonly string[],
  ms?: number,
): Promise<ReadonlySet<string>> {
  const pings = pingsOf(broker);
  const silent = new Set(nodes);
  const ids = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const node of nodes) {
    const id = crypto.randomUUID();
    const settle = (): void => {
      silent.delete(node);
      pings.delete(id);
      if (silent.size === 0) resolve();
    };
    ids.add(id);
    pings.set(id, { node, settle });
    pingByGossip(broker, node, id).catch(settle);
  }
  if (nodes.length === 0) resolve();
  let left = parts;
  const part = (): void => {
    left -= 1;
    if (left === 0) resolve();
  };
  const timer = ms === undefined ? undefined : setInterval(part, ms / parts).unref();
  await promise;
  clearInterval(timer);
  for (const id of ids) pings.delete(id);
  return silent;
}

function pingsOf(broker: ServiceBroker): Map<string, Waiting> {
  const known = underWay.get(broker);
  if (known !== undefined) return known;
  const pings = new Map<string, Waiting>();
  underWay.set(broker, pings);
  broker.localBus.on("$node.pong", ({ id, nodeID }: { id: string; nodeID: string }) => {
    const ping = pings.get(id);
    if (ping?.node === nodeID) ping.settle();
  });
  broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => {
    for (const ping of [...pings.values()]) if (ping.node === node.id) ping.settle();
  });
  return pings;
}
