import {
  type BrokerSink,
  type OpenCircuit,
  type PeerHandlers,
  systemClock,
  TidegateError,
} from "@tidegate/core-registry";
import {
  announceChanges,
  announceGateway,
  checkMessageSizes,
  followAddresses,
  followConnection,
  isFirstPatch,
  openCircuits,
  patchCircuitBreaker,
  verifyGossip,
  watchNodes,
  withTimeout,
} from "@tidegate/service-moleculer/wire";
import { type BrokerOptions, type Service, ServiceBroker } from "moleculer";
import { ActionCaller } from "./calls/call.ts";
import { RegistryWatch } from "./discovery/registry-watch.ts";
import { createGatewayService } from "./gateway-service.ts";
import type { Settings } from "./options.ts";
import { keepConnections } from "./patches/connection-limit.ts";
import { discoverPeers, discoverPeersEarly } from "./patches/early-discovery.ts";
import { matchInLinearTime } from "./patches/event-matching.ts";
import { nameOversizedPackets } from "./patches/oversized-packets.ts";
import { guardPackets } from "./patches/packet-guard.ts";
import { type HealthListener, type TransporterHealth, watchTransporter } from "./transporter-health.ts";

/**
 * Milliseconds that TCP peers have to answer, and large fragments to arrive, before discovery counts as
 * complete.
 */
const discoveryTimeout = 2_000;

/** The parts of the gateway that a connection reports to, or asks for answers. */
export interface ConnectionUsers {
  readonly sink: BrokerSink;
  readonly setHealth: HealthListener;
  /** Answers to the questions of other gateways. */
  readonly answers: PeerHandlers;
}

/** A Moleculer broker from its start to its stop. */
export class Connection {
  readonly broker: ServiceBroker;
  readonly caller: ActionCaller;
  readonly #settings: Settings;
  readonly #setHealth: HealthListener;
  readonly #registryWatch: RegistryWatch;
  readonly #health: TransporterHealth;
  readonly #service: Service;
  readonly #stopAnnouncements: () => void;

  /**
   * Creates the broker, or uses the existing one, and applies the patches.
   * @throws {TidegateError} `CONFIG_INVALID`
   */
  constructor(settings: Settings, { sink, setHealth, answers }: ConnectionUsers) {
    matchInLinearTime();
    this.#settings = settings;
    this.#setHealth = setHealth;
    this.broker =
      "existing" in settings.broker
        ? settings.broker.existing
        : createBroker(settings.broker.options, setHealth);
    patchBroker(this.broker, setHealth);
    this.#health = watchTransporter(this.broker, sink, setHealth);
    checkMessageSizes(this.broker, settings.own.maxMessageBytes);
    this.#registryWatch = new RegistryWatch(this.broker, sink);
    this.caller = new ActionCaller(this.broker, settings);
    this.#service = this.broker.createService(
      createGatewayService(this.broker, sink, this.#registryWatch, answers),
    );
    announceChanges(this.broker);
    this.#stopAnnouncements = announceGateway(this.broker);
  }

  /**
   * Connects, or waits for the owner of an existing broker to start it. Resolves when discovery is complete.
   */
  async start(): Promise<void> {
    const { broker } = this;
    if (!("existing" in this.#settings.broker)) {
      for (const schema of this.#settings.own.services) broker.createService(schema);
      await broker.start();
    } else if (!broker.started) {
      await new Promise((resolve) => broker.localBus.once("$broker.started", resolve));
    }
    await discoverPeers(broker, discoveryTimeout);
    this.#health.refresh();
    this.#registryWatch.refresh();
    await withTimeout(this.#registryWatch.settled(), discoveryTimeout);
  }

  /** Sends the current state of the transporter to the health listener. */
  refreshHealth(): void {
    this.#health.refresh();
  }

  /** The actions that the circuit breaker does not call on a node at the moment. */
  circuits(): readonly OpenCircuit[] {
    return openCircuits(this.broker).map(({ action, nodeID: node, state }) => ({ action, node, state }));
  }

  /** Waits for running calls, and stops the broker. An existing broker only loses the gateway's service. */
  async close(): Promise<void> {
    await this.caller.idle(this.#settings.shutdownTimeout);
    this.#registryWatch.stop();
    this.#stopAnnouncements();
    this.#health.stop();
    if ("existing" in this.#settings.broker) await this.broker.destroyService(this.#service);
    else await stopForGood(this.broker);
    this.#setHealth("connecting", "The broker was stopped.");
  }
}

/** Creates a broker that throws if its options are invalid, and later reports fatal errors as its health. */
function createBroker(options: BrokerOptions, setHealth: HealthListener): ServiceBroker {
  const broker = new ThrowingBroker(options);
  broker.fatal = (message, error) => {
    broker.logger.error(message, error);
    setHealth("failed", message);
  };
  return broker;
}

/** Moleculer's broker ends the process if its options are invalid. This one throws. */
class ThrowingBroker extends ServiceBroker {
  override fatal(message: string, cause?: Error): void {
    const reason = cause === undefined ? message : `${message} ${cause.message}`;
    throw new TidegateError("CONFIG_INVALID", reason, { cause });
  }
}

/** Stops a broker. A transporter that has never connected would try to connect for ever. */
async function stopForGood(broker: ServiceBroker): Promise<void> {
  const { transit } = broker;
  if (transit !== undefined && !transit.tx.connected) {
    transit.opts = { ...transit.opts, disableReconnect: true };
    transit.tx.connect = () => Promise.reject(new Error("The broker was stopped."));
  }
  await broker.stop();
}

/** Patches a broker once: an existing broker can be connected more than once. */
function patchBroker(broker: ServiceBroker, setHealth: HealthListener): void {
  if (!isFirstPatch(broker, "gateway")) return;
  nameOversizedPackets(broker, systemClock);
  guardPackets(broker, {
    idConflict: () => {
      const message = `Another node uses the node id ${broker.nodeID}. Node ids must be unique.`;
      broker.logger.error(message);
      setHealth("up", message);
    },
    dropped: (what) => broker.logger.warn(`Dropped faulty data of another node: ${what}.`),
  });
  discoverPeersEarly(broker);
  keepConnections(broker);
  verifyGossip(broker);
  // An existing broker can lack the middlewares of the preset.
  followConnection(broker);
  watchNodes(broker);
  followAddresses(broker);
  patchCircuitBreaker(broker);
}
