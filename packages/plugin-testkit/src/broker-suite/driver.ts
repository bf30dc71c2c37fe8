import type { Broker, BrokerSink, EventPacket, ServiceDescription } from "@tidegate/core-registry";
import type { TestContext } from "vitest";
import { type Recorder, recorder } from "../recorder.ts";
import type { TestService } from "../service.ts";

/** What `testBroker` needs of a broker's distributed system. */
export interface BrokerSystem {
  /** The broker, not started. */
  readonly broker: Broker;
  /** Starts a node with services, and resolves when it and the broker, where that is started, know each other. */
  join(id: string, services: readonly TestService[]): Promise<BrokerSystemNode>;
  /**
   * Makes the broker of another gateway on the same system, not started. The suite stops it. Absent: what gateways say to
   * each other (S9.4) is not tested. @param id one of `ids`
   */
  anotherGateway?(id: string): Broker | Promise<Broker>;
  /** Ends every node that still runs. The suite stops the brokers itself. */
  close(): Promise<void>;
}

/** A node of the distributed system under test. */
export interface BrokerSystemNode {
  /** Adds a service, or replaces the one of the same name. */
  publish(service: TestService): Promise<void>;
  /** Takes a service away while the node stays. */
  withdraw(service: string): Promise<void>;
  /** Sends an event from this node. */
  send(event: string, payload: unknown, broadcast: boolean): Promise<void>;
  /** Goes in good order. */
  leave(): Promise<void>;
  /** Is gone without a word, as a killed process is. */
  crash(): Promise<void>;
}

/** What `testBroker` is given. */
export interface BrokerSuite {
  /** The title of the suite. */
  readonly name: string;
  /** Makes a distributed system of its own with its broker. `ids` are all nodes that the test may let join. */
  readonly make: (ids: readonly string[]) => BrokerSystem | Promise<BrokerSystem>;
}

/** The nodes that the suite uses: of services, and of other gateways. */
export const nodeIds: readonly string[] = ["n1", "n2", "n3", "g2", "g3", "g4"];

/** A sink that writes down what it is told. */
export interface Watch {
  /** Where the broker tells what it knows. */
  readonly sink: BrokerSink;
  /** What was told, as lines: `up player@n1`, `down player@n1 left`. */
  readonly told: Recorder<string>;
  /** The descriptions that are valid now, by `player@n1`. */
  readonly services: ReadonlyMap<string, ServiceDescription>;
  /** Events that came. */
  readonly events: Recorder<EventPacket>;
}

/** A system whose sink writes down what it is told. */
export interface Observed extends BrokerSystem, Watch {}

/** Makes a system for the test that runs, ends it with that test, and writes down what its sink is told. */
export async function observe(suite: BrokerSuite, context: TestContext): Promise<Observed> {
  const system = await suite.make(nodeIds);
  context.onTestFinished(async () => {
    await system.broker.stop();
    await system.close();
  });
  return { ...system, ...watch() };
}

/** Makes a sink that writes down what it is told. */
export function watch(): Watch {
  const told = recorder<string>("word of the broker");
  const services = new Map<string, ServiceDescription>();
  const events = recorder<EventPacket>("event");
  const sink: BrokerSink = {
    serviceUp: (service, node) => {
      services.set(`${service.name}@${node.id}`, service);
      told.push(`up ${service.name}@${node.id}`);
    },
    serviceDown: (service, node, how) => {
      services.delete(`${service}@${node}`);
      told.push(`down ${service}@${node} ${how}`);
    },
    event: (packet) => events.push(packet),
  };
  return { sink, told, services, events };
}

/** A system that has started, with the services given on `n1`. */
export async function started(
  suite: BrokerSuite,
  context: TestContext,
  ...services: readonly TestService[]
): Promise<Observed & { readonly node: BrokerSystemNode }> {
  const observed = await observe(suite, context);
  await observed.broker.start(observed.sink);
  const node = await observed.join("n1", services);
  for (const { name } of services) await observed.told.waitFor((line) => line === `up ${name}@n1`);
  return { ...observed, node };
}
