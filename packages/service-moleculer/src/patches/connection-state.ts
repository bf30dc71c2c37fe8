/*
 * Patch: the flag `connected` of a transporter follows its connection, and calls do not outlive it (Moleculer
 * 0.15).
 *
 * The NATS client reconnects by itself, and Moleculer's flag stays true meanwhile. The Redis transporter
 * changes the flag, and reports it to nobody. The answers of running calls are lost with the connection, and
 * Moleculer waits for them until their timeout.
 *
 * Without the patch, calls during an outage run into their timeout, and a gateway takes the loss of its
 * connection for the loss of all nodes.
 *
 * Can be removed when Moleculer's transporters follow their clients' state, and reject pending requests.
 */
import type { ServiceBroker } from "moleculer";
import { isFirstPatch } from "../wire/patched.ts";

/** The member of the NATS client that is used here. */
interface NatsClient {
  status(): AsyncIterable<{ readonly type: string }>;
}

/** The options of the NATS client that are set here. */
interface NatsOptions {
  pingInterval?: number;
  maxPingOut?: number;
}

/** Milliseconds that a connection can be away before the calls that were running fail. */
const gracePeriod = 1_000;

/** Unanswered pings after which the NATS client takes its server for lost. */
const maxPingOut = 5;

type Listener = (connected: boolean) => void;

/** The listeners of each broker's transporter. */
const listeners = new WeakMap<ServiceBroker, Set<Listener>>();

/**
 * Makes the transporter's flag `connected` follow the connection of a NATS client, which it pings with each
 * heartbeat, and rejects running calls when the connection has been away for a second. Does nothing for a
 * broker that is patched already.
 */
export function followConnection(broker: ServiceBroker): void {
  const { transit } = broker;
  if (transit === undefined || !isFirstPatch(broker, "connection-state")) return;
  const { tx } = transit;
  pingNatsServer(broker);
  const follow = (): void =>
    followNatsStatus(broker, (connected) => {
      tx.connected = connected;
    });
  if (transit.connected) follow();
  broker.localBus.on("$transporter.connected", follow);
  let timer: NodeJS.Timeout | undefined;
  onConnectionChange(broker, (connected) => {
    clearTimeout(timer);
    if (!connected && !broker.stopping) timer = setTimeout(() => rejectRunning(broker), gracePeriod).unref();
  });
}

/** Calls the listener when the transporter's flag `connected` changes. Returns the unsubscriber. */
export function onConnectionChange(broker: ServiceBroker, listener: Listener): () => void {
  const known = listeners.get(broker) ?? observe(broker);
  listeners.set(broker, known);
  known.add(listener);
  return () => void known.delete(listener);
}

/** Replaces the flag by an accessor: the transporters have no event for all of its changes. */
function observe(broker: ServiceBroker): Set<Listener> {
  const added = new Set<Listener>();
  const tx = broker.transit?.tx;
  if (tx === undefined) return added;
  const previous = Object.getOwnPropertyDescriptor(tx, "connected");
  let connected = tx.connected;
  Object.defineProperty(tx, "connected", {
    configurable: true,
    enumerable: true,
    get: () => connected,
    set: (value: boolean) => {
      previous?.set?.call(tx, value);
      if (connected === value) return;
      connected = value;
      for (const listener of [...added]) listener(value);
    },
  });
  return added;
}

function rejectRunning(broker: ServiceBroker): void {
  const { transit } = broker;
  if (transit === undefined || transit.tx.connected) return;
  const nodes = new Set([...transit.pendingRequests.values()].map(({ nodeID }) => nodeID));
  for (const id of nodes) if (typeof id === "string") transit.removePendingRequestByNodeID(id);
}

/** A server that hangs, or whose packets are dropped, closes no connection: only pings find it. */
function pingNatsServer(broker: ServiceBroker): void {
  const tx: object | undefined = broker.transit?.tx;
  const { heartbeatInterval } = broker.options;
  if (tx === undefined || !heartbeatInterval || tx.constructor.name !== "NatsTransporter") return;
  if (!("opts" in tx) || typeof tx.opts !== "object" || tx.opts === null) return;
  const options: NatsOptions = tx.opts;
  options.pingInterval ??= heartbeatInterval * 1_000;
  options.maxPingOut ??= maxPingOut;
}

/**
 * Reports when the NATS client of a connected broker loses its connection, and when it has reconnected. Does
 * nothing for other transporters. Ends with the client.
 */
function followNatsStatus(broker: ServiceBroker, changed: Listener): void {
  const tx: object = broker.transit?.tx ?? {};
  const client: unknown = "client" in tx ? tx.client : undefined;
  if (!isNatsClient(client)) return;
  const follow = async (): Promise<void> => {
    for await (const { type } of client.status())
      if (type === "disconnect" || type === "reconnect") changed(type === "reconnect");
  };
  follow().catch((error: unknown) => broker.logger.debug("The status of the NATS client is unknown.", error));
}

function isNatsClient(client: unknown): client is NatsClient {
  return (
    typeof client === "object" && client !== null && "status" in client && typeof client.status === "function"
  );
}
