import type { BrokerOptions, ServiceBroker } from "moleculer";
import { expect } from "vitest";
import { refreshPeers } from "../../src/patches/early-discovery.ts";
import type { OptionsOf } from "./bus.ts";
import { freePorts, tcpOptions } from "./system.ts";

/**
 * Returns options for TCP without periodic gossip: a node only learns what another node sends it directly.
 */
export async function withoutGossip(ids: readonly string[], changes: BrokerOptions = {}): Promise<OptionsOf> {
  const found = await freePorts(ids.length);
  const ports = new Map(ids.map((id, index) => [id, found[index] ?? 0]));
  return (id) => {
    const own = tcpOptions(id, ports);
    const { type, options } = own.transporter as { type: "TCP"; options: object };
    return { ...own, ...changes, transporter: { type, options: { ...options, gossipPeriod: 3_600 } } };
  };
}

/** Resolves when the nodes have discovered each other and the given actions. */
export async function knowEachOther(
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

/** The members of a transporter that tests use or replace. */
export interface Transporter {
  publish(packet: object): Promise<void>;
  receive(command: string, data: Buffer, socket: unknown): unknown;
}

/** Returns the transporter of a node. */
export function transporterOf(broker: ServiceBroker): Transporter {
  const tx: object | undefined = broker.transit?.tx;
  if (tx === undefined || !("publish" in tx)) throw new Error("The node has no transporter.");
  return tx as Transporter;
}
