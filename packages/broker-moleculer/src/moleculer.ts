import {
  type Broker,
  type BrokerHealth,
  type BrokerSink,
  type CallScope,
  type PeerAnswers,
  type PublishRequest,
  TidegateError,
} from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { type Connection, connect } from "./connection.ts";
import { reportAction } from "./discovery.ts";
import { isEventName } from "./event-name.ts";
import { type EmbeddedOptions, type MoleculerOptions, readOptions } from "./options.ts";
import { askGateways } from "./peers.ts";
import { branchName, placeOf } from "./service-name.ts";

/** Milliseconds that a node may take for a report. */
const reportTimeout = 5_000;

/**
 * A broker for Moleculer 0.15 (S13.1). Takes every option of Moleculer's `ServiceBroker`, and its own; or, as
 * `moleculer({ broker })`, works inside a broker that is there already. Defaults that differ from Moleculer's: transporter
 * TCP, calls end after 10 s, a heartbeat each second, log level `warn`, no signal handlers.
 * @throws `CONFIG_INVALID`, when it starts, for options that Moleculer refuses
 */
export function moleculer(options: MoleculerOptions | EmbeddedOptions = {}): Broker {
  const settings = readOptions(options);
  const embedded = "broker" in options ? options.broker : undefined;
  let connection: Connection | undefined;
  let health: BrokerHealth = { state: "connecting", since: Date.now() };
  let answers: PeerAnswers = {};
  let stopping: Promise<void> | undefined;
  let stopped = Promise.withResolvers<never>();

  const told = (state: BrokerHealth["state"], reason?: string): void => {
    const since = state === health.state ? health.since : Date.now();
    health = { state, since, ...(reason !== undefined && { reason }) };
  };

  const open = (): Connection => {
    if (connection !== undefined && stopping === undefined) return connection;
    throw new TidegateError("BROKER_UNAVAILABLE", undefined, { dispatched: false });
  };

  return {
    contract: 1,
    name: settings.own.name,
    start: async (sink: BrokerSink) => {
      await stopping;
      stopping = undefined;
      stopped = Promise.withResolvers<never>();
      connection = connect(embedded, settings, { sink, tell: told, answers });
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
      const broker = connection?.broker;
      if (broker === undefined) return;
      const place = placeOf(node, (id) => broker.registry.nodes.get(id) !== undefined);
      const name = place.branch === undefined ? service : branchName(service, place.branch);
      const action = `${name}.${reportAction}`;
      if (broker.registry.getActionEndpointByNodeId(action, place.node) == null) return;
      const options = { nodeID: place.node, timeout: reportTimeout };
      await broker.call(action, report, options).catch((error: unknown) => {
        broker.logger.debug(`Node ${node} did not take the report on ${service}.`, error);
      });
    },
    peers: {
      answer: (given) => {
        answers = given;
      },
      ask: async (question, params, timeout) =>
        connection === undefined ? [] : askGateways(connection.broker, question, params, timeout),
    },
    health: () => {
      if (health.state === "up" && health.reason === undefined) connection?.look();
      return health;
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
