import type { Broker, BrokerSink, EventPacket, ServiceDescription } from "@tidegate/core-registry";
import type { TestContext } from "vitest";
import { type Recorder, recorder } from "../recorder.ts";
import type { TestService } from "../service.ts";

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
  /** Ends all remaining nodes. The suite stops the brokers itself. */
  close(): Promise<void>;
}

/** A node of the distributed system under test. */
export interface BrokerSystemNode {
  /** Adds or replaces a service. */
  publish(service: TestService): Promise<void>;
  /** Removes a service; the node stays. */
  withdraw(service: string): Promise<void>;
  send(event: string, payload: unknown, broadcast: boolean): Promise<void>;
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
}

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
}

/** A system with a recording sink. */
export interface ObservedSystem extends BrokerSystem, SinkRecorder {}

/** Creates a system with a recording sink and closes it at the end of the test. */
export async function observe(suite: BrokerSuite, context: TestContext): Promise<ObservedSystem> {
  const system = await suite.make(nodeIds);
  context.onTestFinished(async () => {
    await system.broker.stop();
    await system.close();
  });
  return { ...system, ...recordSink() };
}

/** Creates a sink that records services and events. */
export function recordSink(): SinkRecorder {
  const changes = recorder<string>("change");
  const services = new Map<string, ServiceDescription>();
  const events = recorder<EventPacket>("event");
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
  };
  return { sink, changes, services, events };
}

/** Creates a system, starts its broker, and joins node `n1` with the given services. */
export async function started(
  suite: BrokerSuite,
  context: TestContext,
  ...services: readonly TestService[]
): Promise<ObservedSystem & { readonly node: BrokerSystemNode }> {
  const observed = await observe(suite, context);
  await observed.broker.start(observed.sink);
  const node = await observed.join("n1", services);
  for (const { name } of services) await observed.changes.waitFor((line) => line === `up ${name}@n1`);
  return { ...observed, node };
}
