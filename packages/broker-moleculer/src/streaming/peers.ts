import type { ServiceBroker } from "moleculer";
import { type CreditWindow, fromWire, toWire } from "./window.ts";

/** Nodes that are remembered from their calls alone. */
const mostLearned = 1_000;

/** What other nodes grant to streams that are sent to them. */
export interface CreditPeers {
  /** A node's window; undefined where it has none: then its streams are Moleculer's own. */
  windowOf(node: string | null | undefined): CreditWindow | undefined;
  /** Takes the window that came with a node's call: a caller may be heard before its INFO packet. */
  learn(node: string, window: unknown): void;
  /** Forgets what a node's calls told. */
  forget(node: string): void;
}

/** Puts a node's own window into its metadata, as `tidegate.credit`. To be called before it is connected. */
export function declareCredit(broker: ServiceBroker, window: CreditWindow): void {
  const { localNode } = broker.registry.nodes;
  const given: Record<string, unknown> = broker.metadata;
  broker.metadata = { ...given, tidegate: { ...objectOf(given.tidegate), credit: toWire(window) } };
  if (localNode !== undefined) localNode.metadata = broker.metadata;
}

/** Reads what other nodes declare. */
export function creditPeers(broker: ServiceBroker): CreditPeers {
  const learned = new Map<string, CreditWindow>();
  return {
    windowOf: (node) => {
      if (typeof node !== "string") return undefined;
      const declared = objectOf(objectOf(broker.registry.nodes.get(node)?.metadata).tidegate).credit;
      return fromWire(declared) ?? learned.get(node);
    },
    learn: (node, wire) => {
      if (learned.has(node) || learned.size >= mostLearned) return;
      const window = fromWire(wire);
      if (window !== undefined) learned.set(node, window);
    },
    forget: (node) => void learned.delete(node),
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
