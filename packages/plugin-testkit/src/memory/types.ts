import type {
  Broker,
  BrokerHealth,
  CallRequest,
  Clock,
  PublishRequest,
  Report,
} from "@tidegate/core-registry";
import type { TestService } from "../service.ts";

/** Options of a broker in memory. */
export interface MemoryBrokerOptions {
  /** Its name in reports. Default `memory`. */
  readonly name?: string;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Timeout of calls in milliseconds. Default 10,000. */
  readonly requestTimeout?: number;
  /** A promise that `start()` waits for, as for a slow discovery. Default: none. */
  readonly discovery?: Promise<unknown>;
  /** False: it cannot publish. Default true. */
  readonly publish?: boolean;
  /** False: it cannot subscribe. Default true. */
  readonly events?: boolean;
  /** False: it cannot report. Default true. */
  readonly report?: boolean;
  /** False: its gateways cannot ask each other. Default true. */
  readonly peers?: boolean;
}

/** A distributed system in memory, and the broker that is connected to it. */
export interface MemoryBroker {
  /** The broker of the gateway on node `gateway`. */
  readonly broker: Broker;
  /**
   * Returns the broker of another gateway on the same system, with its own sink, event patterns and peers.
   * Creates it on the first call. Stop the broker to remove the gateway.
   *
   * @param node id of the gateway's node
   */
  gateway(node: string): Broker;
  /** Returns a node. Creates it on the first call; it joins the system with its first service. */
  node(id: string, hostname?: string): MemoryNode;
  /** Calls that reached an action, oldest first; the last 10,000. */
  readonly calls: readonly RecordedCall[];
  /** Number of calls that reached an action: all, those of one action, or those of one action on one node. */
  count(action?: string, node?: string): number;
  /** Events that gateways published, oldest first; the last 10,000. */
  readonly published: readonly PublishRequest[];
  /** The event patterns that `broker` subscribed to last; undefined before. */
  readonly patterns: readonly string[] | undefined;
  /** Number of calls that wait for their action. */
  readonly running: number;
  /**
   * Sets the result of `health()`. While it is not `up`, the connection is lost: calls fail with
   * `BROKER_UNAVAILABLE`. The sinks learn of it.
   */
  setHealth(state: BrokerHealth["state"], reason?: string): void;
}

/** One node of a distributed system in memory. */
export interface MemoryNode {
  readonly id: string;
  /** Adds or replaces a service. A node that had left joins the system again. */
  publish(service: TestService): void;
  /** Removes a service; the node stays. */
  withdraw(service: string): void;
  /** Leaves the system gracefully: running calls finish. */
  leave(): void;
  /** Disappears: running calls fail with `ACTION_UNAVAILABLE`, dispatched. */
  crash(): void;
  /** Sends an event to one node of each group, and to the gateways. `groups` limits the groups. */
  emit(event: string, payload?: unknown, groups?: readonly string[]): void;
  /** Sends an event to every node, and to the gateways. */
  broadcast(event: string, payload?: unknown, groups?: readonly string[]): void;
  /** The reports that it received, oldest first. */
  readonly reports: readonly Report[];
  /**
   * Resolves with the first earlier or later report that matches. Default: any report.
   *
   * @throws {Error} when none arrives within 10 seconds
   */
  waitForReport(matches?: (report: Report) => boolean): Promise<Report>;
}

/** A call that reached an action. */
export interface RecordedCall extends CallRequest {
  /** The id of the node that ran the action. */
  readonly node: string;
  readonly branch: string;
}

/** The group of the gateways: an event for certain groups reaches gateways only if this one is among them. */
export const gatewayGroup = "tidegate";
