import type { Broker } from "./broker.ts";
import type { JsonSchema } from "./json.ts";

/**
 * The services and actions that one branch can reach (S9.7). Immutable: every change creates a new snapshot.
 */
export interface DirectorySnapshot {
  readonly branch: string;
  /** Looks an action up by its full name. */
  action(name: string): ActionEntry | undefined;
  /** Looks a service up by its full name. */
  service(name: string): ServiceEntry | undefined;
  services(): Iterable<ServiceEntry>;
}

/** One service that a branch can reach. */
export interface ServiceEntry {
  /** The full name, such as `player` or `v2.player`. */
  readonly name: string;
  /** The broker that connects to the service (S13.2). */
  readonly broker: Broker;
  readonly actions: readonly ActionEntry[];
  /** Names and patterns of the events that the service listens to. */
  readonly events: readonly string[];
  /** The nodes that calls of this branch can be sent to. */
  readonly nodes: readonly string[];
  /** `gone`: the service has no node, and its fragment is removed soon (S9.3). */
  readonly state: "up" | "gone";
}

/** One action that a branch can reach. */
export interface ActionEntry {
  /** The full name, such as `player.get`. */
  readonly name: string;
  /** The full name of its service. */
  readonly service: string;
  /** The broker through which the gateway calls the action. */
  readonly broker: Broker;
  /** The declared params as an object schema. Absent where the action declares none. Compared by identity. */
  readonly params?: JsonSchema;
  readonly description?: string;
  /** False: its service does not publish the action, so fragments cannot map it (S2.4). */
  readonly published: boolean;
  /** The nodes that calls can be sent to. Absent: all nodes with the action, which the broker balances. */
  readonly nodes?: readonly string[];
  /** `gone`: no node provides the action any more, and calls return 503. */
  readonly state: "up" | "gone";
}
