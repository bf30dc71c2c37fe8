import type { BrokerOptions, ServiceBroker } from "moleculer";
import { expect } from "vitest";
import { refreshPeers } from "../../src/patches/early-discovery.ts";
import type { OptionsOf } from "./bus.ts";
import { freePorts, tcpOptions } from "./system.ts";

/** Options of nodes on TCP without rounds of gossip: what one knows of another, it was told. */
export async function toldOnly(ids: readonly string[], more: BrokerOptions = {}): Promise<OptionsOf> {
  const found = await freePorts(ids.length);
  const ports = new Map(ids.map((id, index) => [id, found[index] ?? 0]));
  return (id) => {
    const own = tcpOptions(id, ports);
    const { type, options } = own.transporter as { type: "TCP"; options: object };
    return { ...own, ...more, transporter: { type, options: { ...options, gossipPeriod: 3_600 } } };
  };
}

/** Resolves when each of the nodes knows all actions of the others that are named. */
export async function acquainted(
  brokers: readonly ServiceBroker[],
  actions: readonly string[],
): Promise<void> {
  for (const broker of brokers) {
    const unknown = (): readonly string[] =>
      brokers
        .filter(({ nodeID }) => broker.registry.nodes.get(nodeID)?.available !== true)
        .map(({ nodeID }) => nodeID)
        .concat(actions.filter((action) => broker.registry.getActionEndpoints(action) === undefined));
    await expect
      .poll(
        () => {
          if (unknown().length > 0) refreshPeers(broker);
          return unknown();
        },
        { timeout: 10_000 },
      )
      .toEqual([]);
  }
}

/** Where a node's packets go out and come in. */
export interface Wire {
  /** Sends a packet. */
  publish(packet: object): Promise<void>;
  /** Takes a packet. */
  receive(command: string, data: Buffer, socket: unknown): unknown;
}

/** A node's transporter. */
export function wireOf(broker: ServiceBroker): Wire {
  const tx: object | undefined = broker.transit?.tx;
  if (tx === undefined || !("publish" in tx)) throw new Error("It has no transporter.");
  return tx as Wire;
}
