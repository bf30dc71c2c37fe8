import type { Service, ServiceBroker, ServiceSchema } from "moleculer";

/** A mixin for Moleculer services. */
export type NodeMixin = Partial<ServiceSchema>;

/** The service that runs something in a Moleculer node: its broker and its log. */
export type HostService = Pick<Service, "broker" | "logger">;

/** Stops what was started. */
type Stop = () => Promise<void>;

/**
 * Returns a mixin for a service that runs something in a Moleculer node, such as a gateway (S13.1): starts it
 * with the service, and stops it with the service.
 * @param start Called when the broker has connected and is not started yet. It must not wait for
 * `$broker.started`, because Moleculer waits for it. If it rejects, the service does not start
 */
export function runInNode(start: (service: HostService) => Promise<Stop>): NodeMixin {
  // One mixin can be used by the services of several brokers.
  const running = new WeakMap<ServiceBroker, Stop>();
  return {
    async started(this: Service) {
      running.set(this.broker, await start(this));
    },
    async stopped(this: Service) {
      const stop = running.get(this.broker);
      running.delete(this.broker);
      await stop?.();
    },
  };
}
