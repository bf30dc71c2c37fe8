import { Readable } from "node:stream";
import { type BrokerSystem, type TestService, testBroker } from "@tidegate/plugin-testkit";
import { gatewayGroup, Queue, type QueueAction, type QueueService, queueBroker } from "../src/index.ts";

testBroker({ name: "S13: the queue fulfils the contract of brokers", make: createSystem });

/** The distributed system that the suite tests: the queue, and a broker that is connected to it. */
function createSystem(): BrokerSystem {
  const queue = new Queue();
  return {
    broker: queueBroker(queue),
    gatewayGroup,
    join: async (id, services) => {
      const worker = queue.worker(id);
      for (const service of services) worker.register(serviceOf(service));
      return {
        publish: async (service) => worker.register(serviceOf(service)),
        withdraw: async (name) => worker.withdraw(name),
        send: async (event, params, broadcast, groups) =>
          worker.publish({ event, params, broadcast, ...(groups && { groups }) }),
        leave: async () => worker.leave(),
        crash: async () => worker.crash(),
      };
    },
    close: async () => undefined,
  };
}

/** Translates a service of the suite to one of the queue. */
function serviceOf({ actions = {}, events = {}, report: _, ...service }: TestService): QueueService {
  return {
    ...service,
    actions: Object.fromEntries(Object.entries(actions).map(([name, action]) => [name, actionOf(action)])),
    events: Object.fromEntries(
      Object.entries(events).map(([pattern, listener]) => [
        pattern,
        typeof listener === "function" ? listener : listener.handler,
      ]),
    ),
  };
}

function actionOf(action: NonNullable<TestService["actions"]>[string]): QueueAction {
  const { handler = () => null, ...declared } = typeof action === "function" ? { handler: action } : action;
  return {
    ...declared,
    handler: ({ action: name, node, params, stream, branch, deadline }) =>
      handler({
        action: name,
        node,
        params: Object(params),
        ...(stream instanceof Readable && { stream }),
        meta: { branch, deadline },
      }),
  };
}
