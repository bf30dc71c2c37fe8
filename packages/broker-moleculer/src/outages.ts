import type { ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "./hooks.ts";

/** What is used of the NATS client, which connects again by itself and tells nobody else. */
interface NatsClient {
  status(): AsyncIterable<{ readonly type: string }>;
}

/** What is used of the Redis client. */
interface RedisClient {
  readonly options: { autoResendUnfulfilledCommands?: boolean };
  publish: Send;
  subscribe: Send;
  readonly status: string;
  ping(): Promise<unknown>;
  disconnect(reconnect: boolean): void;
  once(event: "end", listener: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
  removeAllListeners(): unknown;
}

type Send = (...given: readonly unknown[]) => Promise<unknown>;

type MakeRedisClient = (options: unknown) => RedisClient;

/**
 * Lets a broker live through outages of NATS and Redis (S13.1): what is sent while the connection is down fails at once, since
 * both clients lose it; a connection that the server has forgotten is made anew, and the one before it closed; nothing is sent twice (the Redis client would send again what was under way when its connection
 * broke, and a call would run twice); and no packet that could not be sent ends the process.
 */
export function outages(): MiddlewareFactory {
  return middleware("TidegateOutages", (broker) => ({
    created: () => {
      const tx: object = broker.transit?.tx ?? {};
      if ("getRedisClient" in tx && typeof tx.getRedisClient === "function")
        tx.getRedisClient = guarded(tx.getRedisClient.bind(tx) as MakeRedisClient, broker, () =>
          "_clientPub" in tx ? (tx._clientPub as RedisClient) : undefined,
        );
      broker.localBus.on("$transporter.connected", () => {
        const client = "client" in tx ? tx.client : undefined;
        if (isNatsClient(client)) follow(client, broker).catch((error) => broker.logger.debug(error));
      });
    },
  }));
}

/** Keeps Moleculer's own flag true to the client's connection. */
async function follow(client: NatsClient, broker: ServiceBroker): Promise<void> {
  for await (const { type } of client.status()) {
    if (broker.transit === undefined || (type !== "disconnect" && type !== "reconnect")) continue;
    broker.transit.tx.connected = type === "reconnect";
  }
}

/** Makes clients that send what they are given once or not at all: Moleculer does not listen for the outcome. */
function guarded(
  make: MakeRedisClient,
  broker: ServiceBroker,
  publisher: () => RedisClient | undefined,
): MakeRedisClient {
  const watches = new WeakMap<RedisClient, () => void>();
  return (options) => {
    // Moleculer makes a new publisher each time that its subscriber has connected, and leaves the one before it running.
    const before = publisher();
    if (before !== undefined) retire(before, watches.get(before));
    const client = make(options);
    client.options.autoResendUnfulfilledCommands = false;
    const quietly =
      (send: Send): Send =>
      (...given) =>
        send(...given).catch((error: unknown) => broker.logger.debug("Redis did not take it.", error));
    client.publish = quietly(client.publish.bind(client));
    client.subscribe = quietly(client.subscribe.bind(client));
    watches.set(client, keepInTouch(client, broker));
    return client;
  };
}

/** Closes a client for good, and what it would still tell is not heard. */
function retire(client: RedisClient, endWatch: (() => void) | undefined): void {
  endWatch?.();
  client.removeAllListeners();
  client.on("error", () => undefined);
  client.disconnect(false);
}

/**
 * A connection that only listens does not notice that the server has forgotten it: it asks, and connects again where no
 * answer comes. Returns what ends that.
 */
function keepInTouch(client: RedisClient, broker: ServiceBroker): () => void {
  const { heartbeatInterval, heartbeatTimeout } = broker.options;
  if (!heartbeatInterval || !heartbeatTimeout) return () => undefined;
  let late: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    if (client.status !== "ready") return;
    const asked = setTimeout(() => client.disconnect(true), heartbeatTimeout * 1_000).unref();
    late = asked;
    const answered = (): void => clearTimeout(asked);
    client.ping().then(answered, answered);
  }, heartbeatInterval * 1_000).unref();
  const end = (): void => {
    clearInterval(timer);
    clearTimeout(late);
  };
  client.once("end", end);
  return end;
}

function isNatsClient(client: unknown): client is NatsClient {
  return (
    typeof client === "object" && client !== null && "status" in client && typeof client.status === "function"
  );
}
