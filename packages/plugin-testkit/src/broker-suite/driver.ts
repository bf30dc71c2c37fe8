import type { Broker, BrokerSink, EventPacket, ServiceDescription } from "@tidegate/core-registry";
import { type Recorder, recorder } from "../recorder.ts";
import type { TestService } from "../service.ts";
import type { Check, CheckContext } from "../suite/check.ts";

/** The distributed system of a broker under test. */
export interface BrokerSystem {
  /** The broker under test. Not started: the suite starts it. */
  readonly broker: Broker;
  /**
   * Starts a node with services. Resolves when the node and the broker, if started, have discovered each
   * other.
   */
  join(id: string, services: readonly TestService[]): Promise<BrokerSystemNode>;
  /**
   * Creates the broker of another gateway on the same system, not started. The suite stops it. Absent: the
   * suite skips the tests of communication between gateways (S9.4).
   *
   * @param id one of `ids`
   */
  anotherGateway?(id: string): Broker | Promise<Broker>;
  /**
   * A group such that events sent to it reach the gateways. Absent: the suite skips the check of
   * `EventPacket.groups`.
   */
  readonly gatewayGroup?: string;
  /**
   * Takes the broker's own connection away, and gives it back, while the nodes go on. Absent: the broker has
   * no connection of its own, and the suite skips the check of its loss (S9.3).
   */
  readonly connection?: { lose(): Promise<void>; restore(): Promise<void> };
  /** Ends all remaining nodes. The suite stops the brokers itself. */
  close(): Promise<void>;
}

/** A node of the distributed system under test. */
export interface BrokerSystemNode {
  /** Adds or replaces a service. */
  publish(service: TestService): Promise<void>;
  /** Removes a service; the node stays. */
  withdraw(service: string): Promise<void>;
  /** Sends an event. The suite gives groups only where the system names its `gatewayGroup`. */
  send(event: string, payload: unknown, broadcast: boolean, groups?: readonly string[]): Promise<void>;
  /** Leaves the system gracefully: announces it to the other nodes. */
  leave(): Promise<void>;
  /** Disappears without a message, like a killed process. */
  crash(): Promise<void>;
}

/** The broker under test, as `testBroker` receives it. */
export interface BrokerSuite {
  readonly name: string;
  /** Creates a separate distributed system with its broker. `ids` are the nodes that can join. */
  readonly make: (ids: readonly string[]) => BrokerSystem | Promise<BrokerSystem>;
  /** The limit of each check in milliseconds. Default 5,000. */
  readonly timeout?: number;
}

/** A check of the contract of brokers. */
export type BrokerCheck = Check<BrokerSuite>;

/** The ids of the nodes that the suite uses, for services and for gateways. */
export const nodeIds: readonly string[] = ["n1", "n2", "n3", "g2", "g3", "g4"];

/** A sink that records everything that it receives. */
export interface SinkRecorder {
  readonly sink: BrokerSink;
  /** Services that came and went, as lines: `up player@n1`, `down player@n1 left`. */
  readonly changes: Recorder<string>;
  /** The descriptions of the current services; the keys are like `player@n1`. */
  readonly services: ReadonlyMap<string, ServiceDescription>;
  readonly events: Recorder<EventPacket>;
  /** The states of the connection, as the broker reported them. */
  readonly connections: Recorder<"up" | "lost">;
}

/** A system with a recording sink. */
export interface ObservedSystem extends BrokerSystem, SinkRecorder {}

/** Creates a system with a recording sink and closes it at the end of the check. */
export async function observe(suite: BrokerSuite, check: CheckContext): Promise<ObservedSystem> {
  const system = await suite.make(nodeIds);
  check.onEnd(() => system.close());
  check.onEnd(() => system.broker.stop());
  return { ...system, ...recordSink() };
}

/** Creates a sink that records services and events. */
export function recordSink(): SinkRecorder {
  const changes = recorder<string>("change");
  const services = new Map<string, ServiceDescription>();
  const events = recorder<EventPacket>("event");
  const connections = recorder<"up" | "lost">("state of the connection");
  const sink: BrokerSink = {
    serviceUp: (service, node) => {
      services.set(`${service.name}@${node.id}`, service);
      changes.push(`up ${service.name}@${node.id}`);
    },
    serviceDown: (service, node, how) => {
      services.delete(`${service}@${node}`);
      changes.push(`down ${service}@${node} ${how}`);
    },
    event: (packet) => events.push(packet),
    connectionChanged: (state) => connections.push(state),
  };
  return { sink, changes, services, events, connections };
}

/** Creates a system, starts its broker, and joins node `n1` with the given services. */
export async function started(
  suite: BrokerSuite,
  check: CheckContext,
  ...services: readonly TestService[]
): Promise<StartedSystem> {
  const observed = await observe(suite, check);
  await check.wait(observed.broker.start(observed.sink), "start() resolves");
  const node = await check.wait(observed.join("n1", services), "the test's node joins");
  for (const { name } of services) await received(check, observed.changes, `up ${name}@n1`);
  return { ...observed, node };
}

/** A system whose broker has started, with its first node. */
export interface StartedSystem extends ObservedSystem {
  readonly node: BrokerSystemNode;
}

/** Waits until the sink has received a change, such as `up player@n1`. */
export async function received(
  check: CheckContext,
  changes: Recorder<string>,
  change: string,
): Promise<void> {
  await recorded(check, changes, (line) => line === change, `the sink receives '${change}'`);
}

/** Waits until a recorder has an item that matches. */
export function recorded<Item>(
  check: CheckContext,
  items: Recorder<Item>,
  matches: (item: Item) => boolean,
  what: string,
): Promise<Item> {
  return check.wait(items.waitFor(matches, 2 * check.timeout), what);
}

/** The condition of the check of a lost connection: a reason to skip where the system cannot take it away. */
export async function needsConnection(suite: BrokerSuite): Promise<string | undefined> {
  const system = await suite.make(nodeIds);
  await system.close();
  return system.connection === undefined ? "the broker has no connection of its own" : undefined;
}

/** Returns the condition of checks of an optional member: a reason to skip where the broker lacks it. */
export function needsMember(
  member: "publish" | "events" | "report" | "peers" | "health",
): (suite: BrokerSuite) => Promise<string | undefined> {
  return async (suite) => {
    const system = await suite.make(nodeIds);
    const isThere = system.broker[member] !== undefined;
    await system.close();
    return isThere ? undefined : `the broker has no ${member}`;
  };
}
