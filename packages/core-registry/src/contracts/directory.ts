import type { Broker } from "./broker.ts";
import type { JsonSchema } from "./json.ts";

/** Which services and actions there are, seen from one branch (S9.7). Immutable; a new one is made when anything changes. */
export interface DirectorySnapshot {
  /** The branch. */
  readonly branch: string;
  /** An action by its full name. */
  action(name: string): ActionEntry | undefined;
  /** A service by its full name. */
  service(name: string): ServiceEntry | undefined;
  /** Every service. */
  services(): Iterable<ServiceEntry>;
}

/** One service as a branch sees it. */
export interface ServiceEntry {
  /** Full name: `player`, `v2.player`. */
  readonly name: string;
  /** The broker that it belongs to (S13.2). */
  readonly broker: Broker;
  /** Its actions. */
  readonly actions: readonly ActionEntry[];
  /** Events that it listens to. */
  readonly events: readonly string[];
  /** Nodes that calls of this branch may go to. */
  readonly nodes: readonly string[];
  /** `gone`: no node is left, and its fragment waits for its removal (S9.3). */
  readonly state: "up" | "gone";
}

/** One action as a branch sees it. */
export interface ActionEntry {
  /** Full name: `player.get`. */
  readonly name: string;
  /** Its service's full name. */
  readonly service: string;
  /** Who calls it. */
  readonly broker: Broker;
  /** What it declares to take: an object schema. Absent where it declares nothing. Compared by identity. */
  readonly params?: JsonSchema;
  /** What it is. */
  readonly description?: string;
  /** False where its service does not publish it to others: it cannot be mapped (S2.4). */
  readonly published: boolean;
  /** The nodes that it may be called on; absent where all nodes that have it are equal, and the broker balances alone. */
  readonly nodes?: readonly string[];
  /** `gone`: calling it answers 503. */
  readonly state: "up" | "gone";
}
