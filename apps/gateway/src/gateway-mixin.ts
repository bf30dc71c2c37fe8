import {
  type GatewayBrokerOptions,
  type HostService,
  type NodeMixin,
  runInNode,
} from "@tidegate/broker-moleculer";
import type { Broker, Server } from "@tidegate/core-registry";
import { compose } from "./config/compose.ts";
import { readConfig } from "./config/tree.ts";
import type { BrokerConfig, GatewayConfig, ResolvedConfig } from "./config/types.ts";
import { createDefaultGateway, type Gateway, type GatewayOptions } from "./default-gateway.ts";

/** The options for the broker of the node that runs the gateway. */
export interface NodeBrokerConfig extends Omit<BrokerConfig, "moleculer"> {
  /** The options of `moleculer()` beside Moleculer's own, which are those of the node. Default `{}`. */
  readonly moleculer?: GatewayBrokerOptions | undefined;
}

/** The options of `gatewayMixin`: those of a configuration file (S15), except for what the node decides. */
export interface GatewayMixinOptions extends Omit<GatewayConfig, "brokers" | "skipProcessEventRegistration"> {
  /**
   * The brokers in order of precedence (S13.2). The entry that is no plugin is the node's own. Default: the
   * node's own broker alone, which also comes first if the list has plugins only.
   */
  readonly brokers?: readonly (NodeBrokerConfig | Broker)[] | undefined;
}

/**
 * Returns a mixin for a Moleculer service that runs a gateway within its node (S13.1): `mixins:
 * [gatewayMixin({ server })]`.
 *
 * The gateway uses the node's broker. It starts and stops with the service. It registers no signal handlers
 * and does not end the process: the node does. Without the option `logger` it writes to the log of the
 * service. The service has started when the gateway's listeners are open; discovery goes on until the node
 * has started.
 * @throws {TidegateError} `CONFIG_INVALID` where an option is wrong
 */
export function gatewayMixin(options: GatewayMixinOptions = {}): NodeMixin {
  // Reports wrong options when the service is defined, and not only when it starts.
  readConfig(toConfig(options, {}), "gatewayMixin");
  return runInNode(async (service) => {
    const gateway = await openGateway(readNodeConfig(options, service), service);
    return () => gateway.stop();
  });
}

function readNodeConfig(options: GatewayMixinOptions, { broker, logger }: HostService): ResolvedConfig {
  return readConfig({ logger, ...toConfig(options, { broker }) }, "gatewayMixin");
}

/** The options as a configuration, whose Moleculer broker is the node's. */
function toConfig({ brokers = [], ...rest }: GatewayMixinOptions, node: object): object {
  const isPlugin = (broker: NodeBrokerConfig | Broker): broker is Broker => "start" in broker;
  const withNode = (broker: NodeBrokerConfig | Broker): object =>
    isPlugin(broker) ? broker : { ...broker, moleculer: { ...broker.moleculer, ...node } };
  const list = brokers.every(isPlugin) ? [{}, ...brokers] : brokers;
  return { ...rest, brokers: list.map(withNode), skipProcessEventRegistration: true };
}

/**
 * Starts a gateway, and resolves when its listeners are open. Its start goes on: it waits for the node, which
 * waits for this service.
 */
async function openGateway(config: ResolvedConfig, { logger }: HostService): Promise<Gateway> {
  const { options, opened } = whenListening(compose(config));
  const gateway = createDefaultGateway(options);
  const started = gateway.start();
  try {
    await Promise.race([opened, started]);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  started.catch((error: unknown) => logger.error("The gateway could not start.", error));
  return gateway;
}

/** The same options, and a promise that resolves when the server listens. */
function whenListening(given: GatewayOptions): { options: GatewayOptions; opened: Promise<void> } {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const server: Server = {
    ...given.server,
    async start(api) {
      const listening = await given.server.start(api);
      resolve();
      return listening;
    },
  };
  return { options: { ...given, server }, opened };
}
