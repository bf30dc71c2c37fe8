import type {
  Broker,
  BrokerHealth,
  CallRequest,
  Clock,
  PublishRequest,
  Report,
} from "@tidegate/core-registry";
import type { TestService } from "../service.ts";

/** What a broker in memory can be told. */
export interface MemoryBrokerOptions {
  /** Its name in reports. Default `memory`. */
  readonly name?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Milliseconds that a call may take. Default 10,000. */
  readonly requestTimeout?: number;
  /** What `start()` waits for beside telling what is there: discovery that takes its time. Default: nothing. */
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
  /** What the gateway is given: the one of node `gateway`. */
  readonly broker: Broker;
  /**
   * The broker of another gateway on the same system, made when first asked for: it has a sink, event patterns and peers
   * of its own. Stop it to take that gateway away. @param node the gateway's node, as its peers see it
   */
  gateway(node: string): Broker;
  /** A node, made when first asked for. It is told of when it publishes its first service. */
  node(id: string, hostname?: string): MemoryNode;
  /** Calls that reached an action, oldest first; the last 10,000. */
  readonly calls: readonly RecordedCall[];
  /** How many calls reached an action: all of them, those of one action, those of one action on one node. */
  count(action?: string, node?: string): number;
  /** What gateways published, oldest first; the last 10,000. */
  readonly published: readonly PublishRequest[];
  /** The event patterns that `broker` was asked for last; undefined until it was. */
  readonly patterns: readonly string[] | undefined;
  /** Calls that wait for their action. */
  readonly running: number;
  /** Sets what `health()` says. While it is not `up`, calls fail with `BROKER_UNAVAILABLE`. */
  setHealth(state: BrokerHealth["state"], reason?: string): void;
}

/** One node of a distributed system in memory. */
export interface MemoryNode {
  /** Unique in its system. */
  readonly id: string;
  /** Adds a service, or replaces the one of the same name. Joins the system where the node had left it. */
  publish(service: TestService): void;
  /** Takes a service away while the node stays. */
  withdraw(service: string): void;
  /** Goes in good order: running calls finish. */
  leave(): void;
  /** Is lost: running calls fail with `ACTION_UNAVAILABLE`, dispatched. */
  crash(): void;
  /** Sends an event to one node of each group, and to the gateways. Groups: only these get it. */
  emit(event: string, payload?: unknown, groups?: readonly string[]): void;
  /** Sends an event to every node, and to the gateways. */
  broadcast(event: string, payload?: unknown, groups?: readonly string[]): void;
  /** The reports that it was given, oldest first. */
  readonly reports: readonly Report[];
  /** The first report that fits, given or to come; default any. @throws {Error} when none comes within 10 s */
  waitForReport(fits?: (report: Report) => boolean): Promise<Report>;
}

/** A call that reached an action. */
export interface RecordedCall extends CallRequest {
  /** The node that it went to. */
  readonly node: string;
  /** The branch that it came from. */
  readonly branch: string;
}

/** The group that the gateway gets events in; an event that names groups reaches it only with this one among them. */
export const gatewayGroup = "tidegate";
