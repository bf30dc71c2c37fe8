import { type BrokerSystem, memoryBroker, testBroker } from "@tidegate/plugin-testkit";

testBroker({
  name: "the broker in memory fulfils the contract",
  make: (): BrokerSystem => {
    const bus = memoryBroker();
    return {
      broker: bus.broker,
      anotherGateway: (id) => bus.gateway(id),
      join: async (id, services) => {
        const node = bus.node(id);
        for (const service of services) node.publish(service);
        return {
          publish: async (service) => node.publish(service),
          withdraw: async (name) => node.withdraw(name),
          send: async (event, payload, broadcast) =>
            broadcast ? node.broadcast(event, payload) : node.emit(event, payload),
          leave: async () => node.leave(),
          crash: async () => node.crash(),
        };
      },
      close: async () => undefined,
    };
  },
});
