import {
  type Broker,
  type BrokerHealth,
  type BrokerSink,
  type CallScope,
  type PublishRequest,
  TidegateError,
} from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { type Connection, connect } from "./connection.ts";
import { isEventName } from "./event-name.ts";
import { type EmbeddedOptions, type MoleculerOptions, readOptions } from "./options.ts";

/** Milliseconds that a node may take for a report. */
const reportTimeout = 5_000;

/**
 * A broker for Moleculer 0.15 (S13.1). Takes every option of Moleculer's `ServiceBroker`, and its own; or, as
 * `moleculer({ broker })`, works inside a broker that is there already. Defaults that differ from Moleculer's: transporter
 * TCP, calls end after 10 s, log level `warn`, no signal handlers.
 * @throws `CONFIG_INVALID`, when it starts, for options that Moleculer refuses
 */
export function moleculer(options: MoleculerOptions | EmbeddedOptions = {}): Broker {
  const settings = readOptions(options);
  const embedded = "broker" in options ? options.broker : undefined;
  let connection: Connection | undefined;
  let health: BrokerHealth = { state: "connecting", since: Date.now() };
  let stopping: Promise<void> | undefined;
  let stopped = Promise.withResolvers<never>();

  const told = (state: BrokerHealth["state"], reason?: string): void => {
    const since = state === health.state ? health.since : Date.now();
    health = { state, since, ...(reason !== undefined && { reason }) };
  };

  const open = (): Connection => {
    if (connection !== undefined && stopping === undefined) return connection;
    throw new TidegateError("BROKER_UNAVAILABLE", undefined, { begun: false });
  };

  return {
    contract: 1,
    name: settings.own.name,
    start: async (sink: BrokerSink) => {
      await stopping;
      stopping = undefined;
      stopped = Promise.withResolvers<never>();
      connection = connect(embedded, settings, sink, told);
      await Promise.race([connection.ready(), stopped.promise]);
    },
    stop: () => {
      stopped.promise.catch(() => undefined);
      stopped.reject(new TidegateError("BROKER_UNAVAILABLE", "It was stopped before it was connected."));
      stopping ??= connection?.close().finally(() => {
        connection = undefined;
      });
      return stopping ?? Promise.resolve();
    },
    call: async (scope, request) => open().call(scope, request),
    publish: async (scope, request) => publish(open().broker, scope, request),
    // The gateway's own listener takes every event.
    events: () => undefined,
    report: async (service, node, report) => {
      const action = `${service}.$report`;
      const broker = connection?.broker;
      if (broker?.registry.getActionEndpointByNodeId(action, node) == null) return;
      await broker.call(action, report, { nodeID: node, timeout: reportTimeout }).catch((error: unknown) => {
        broker.logger.debug(`Node ${node} did not take the report on ${service}.`, error);
      });
    },
    health: () => {
      if (health.state === "up" && health.reason === undefined) connection?.look();
      return health;
    },
    clearCache: async (patterns) => {
      await open().broker.cacher?.clean([...patterns]);
    },
  };
}

async function publish(broker: ServiceBroker, scope: CallScope, request: PublishRequest): Promise<void> {
  const { event, params, groups, broadcast } = request;
  if (!isEventName(event)) throw new TidegateError("EVENT_NAME_INVALID");
  const requestID = scope.context.view("id");
  const options = {
    meta: { branch: scope.branch },
    throwError: true,
    ...(groups !== undefined && { groups: [...groups] }),
    ...(typeof requestID === "string" && { requestID }),
  };
  try {
    if (broadcast) await broker.broadcast(event, params, options);
    else await broker.emit(event, params, options);
  } catch (cause) {
    throw new TidegateError("BROKER_UNAVAILABLE", `The event ${event} could not be sent.`, { cause });
  }
  scope.trace?.({ at: "publish", event, broadcast });
}
