import {
  type Broker,
  type BrokerHealth,
  type BrokerSink,
  type CallScope,
  type PeerHandlers,
  type PublishRequest,
  type Report,
  TidegateError,
} from "@tidegate/core-registry";
import { eventNameProblem } from "@tidegate/core-registry/runtime";
import { nameOnBranch, readNodeId, reportAction } from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";
import { checkEventSize } from "./calls/event-size.ts";
import { metaOf } from "./calls/meta.ts";
import { Connection } from "./connection.ts";
import { askPeers } from "./gateway-service.ts";
import { type EmbeddedOptions, type MoleculerOptions, readOptions } from "./options.ts";

/** Milliseconds that a node has to accept a report. */
const reportTimeout = 5_000;

/**
 * Creates a broker for Moleculer 0.15 (S13.1). Accepts all options of Moleculer's `ServiceBroker` and its
 * own. With `moleculer({ broker })` it works inside an existing broker. Defaults that differ from
 * Moleculer's: transporter TCP, a request timeout of 10 s, a heartbeat every second, log level `warn`, no
 * signal handlers.
 * @throws {TidegateError} `CONFIG_INVALID` on start, for options that Moleculer rejects
 */
export function moleculer(options: MoleculerOptions | EmbeddedOptions = {}): Broker {
  const settings = readOptions(options);
  let connection: Connection | undefined;
  let health: BrokerHealth = { state: "connecting", since: Date.now() };
  let answers: PeerHandlers = {};
  let stopping: Promise<void> | undefined;
  /** Rejects a start that is not complete when the broker is stopped. */
  let stopped = Promise.withResolvers<never>();

  const setHealth = (state: BrokerHealth["state"], reason?: string): void => {
    const since = state === health.state ? health.since : Date.now();
    health = { state, since, ...(reason !== undefined && { reason }) };
  };
  const connected = (): Connection => {
    if (connection !== undefined && stopping === undefined) return connection;
    throw new TidegateError("BROKER_UNAVAILABLE", undefined, { dispatched: false });
  };

  return {
    contract: 2,
    name: settings.own.name,
    start: async (sink: BrokerSink) => {
      await stopping;
      stopping = undefined;
      stopped = Promise.withResolvers<never>();
      connection = new Connection(settings, { sink, setHealth, answers });
      await Promise.race([connection.start(), stopped.promise]);
    },
    stop: () => {
      stopped.promise.catch(() => undefined);
      stopped.reject(
        new TidegateError("BROKER_UNAVAILABLE", "The broker was stopped before it was connected."),
      );
      stopping ??= connection?.close().finally(() => {
        connection = undefined;
      });
      return stopping ?? Promise.resolve();
    },
    call: (scope, request) => {
      try {
        return connected().caller.call(scope, request);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    publish: async (scope, request) => {
      const { broker } = connected();
      checkEventSize(broker, request, settings.own.maxMessageBytes);
      await publishEvent(broker, scope, request);
    },
    // The gateway's own service receives all events.
    events: () => undefined,
    report: async (service, node, report) => {
      if (connection !== undefined) await sendReport(connection.broker, service, node, report);
    },
    peers: {
      handle: (given) => {
        answers = given;
      },
      request: async (question, params, timeout) =>
        connection === undefined ? [] : askPeers(connection.broker, question, params, timeout),
    },
    health: () => {
      if (health.state === "up" && health.reason === undefined) connection?.refreshHealth();
      const circuits = connection?.circuits() ?? [];
      return circuits.length === 0 ? health : { ...health, circuits };
    },
  };
}

async function publishEvent(broker: ServiceBroker, scope: CallScope, request: PublishRequest): Promise<void> {
  const { event, params, groups, broadcast } = request;
  const problem = eventNameProblem(event);
  if (problem !== undefined) throw new TidegateError("EVENT_NAME_INVALID", problem);
  const options = {
    meta: metaOf(scope),
    throwError: true,
    requestID: scope.correlation.requestId,
    ...(groups !== undefined && { groups: [...groups] }),
  };
  try {
    if (broadcast) await broker.broadcast(event, params, options);
    else await broker.emit(event, params, options);
  } catch (cause) {
    throw new TidegateError("BROKER_UNAVAILABLE", `The event ${event} could not be sent.`, { cause });
  }
  scope.trace?.({ at: "publish", event, broadcast });
}

/** Sends a report to a service on one node. Does nothing if the service accepts no reports. */
async function sendReport(
  broker: ServiceBroker,
  service: string,
  node: string,
  report: Report,
): Promise<void> {
  const { nodeID, branch } = readNodeId(broker, node);
  const name = branch === undefined ? service : nameOnBranch(service, branch);
  const action = `${name}.${reportAction}`;
  if (broker.registry.getActionEndpointByNodeId(action, nodeID) == null) return;
  await broker.call(action, report, { nodeID, timeout: reportTimeout }).catch((error: unknown) => {
    broker.logger.debug(`The report on ${service} could not be sent to node ${node}.`, error);
  });
}
