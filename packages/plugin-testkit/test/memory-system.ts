import { type BrokerSystem, gatewayGroup, type MemoryBrokerOptions, memoryBroker } from "../src/index.ts";

/** Creates a system in memory for the broker suite. */
export function memorySystem(options: MemoryBrokerOptions = {}): BrokerSystem {
  const bus = memoryBroker(options);
  return {
    broker: bus.broker,
    anotherGateway: (id) => bus.gateway(id),
    gatewayGroup,
    join: async (id, services) => {
      const node = bus.node(id);
      for (const service of services) node.publish(service);
      return {
        publish: async (service) => node.publish(service),
        withdraw: async (name) => node.withdraw(name),
        send: async (event, payload, broadcast, groups) =>
          broadcast ? node.broadcast(event, payload, groups) : node.emit(event, payload, groups),
        leave: async () => node.leave(),
        crash: async () => node.crash(),
      };
    },
    connection: {
      lose: async () => bus.setHealth("connecting"),
      restore: async () => bus.setHealth("up"),
    },
    close: async () => undefined,
  };
}
