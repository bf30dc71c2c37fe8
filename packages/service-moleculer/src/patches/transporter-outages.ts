/*
 * Patch: outages of Redis (Moleculer 0.15 with `ioredis` 5).
 *
 * The client sends commands again that were pending when the connection broke, so a call can run twice.
 * Moleculer does not handle rejections of `publish` and `subscribe`, which end the process; creates a new
 * publisher after each reconnect of its subscriber and keeps the previous one running; and does not notice a
 * connection that the server has forgotten.
 *
 * Can be removed when Moleculer's transporter handles rejections and lost connections.
 */
import type { ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { followConnection } from "./connection-state.ts";

/** The members of the Redis client that are used here. */
interface RedisClient {
  readonly options: { autoResendUnfulfilledCommands?: boolean };
  publish: SendCommand;
  subscribe: SendCommand;
  readonly status: string;
  ping(): Promise<unknown>;
  disconnect(reconnect: boolean): void;
  once(event: "end", listener: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
  removeAllListeners(): unknown;
}

type SendCommand = (...given: readonly unknown[]) => Promise<unknown>;

type CreateRedisClient = (options: unknown) => RedisClient;

/**
 * Returns a middleware that handles outages of NATS and Redis (S13.1): calls fail at once during an outage,
 * no packet is sent twice, connections that the server has forgotten are replaced, and a packet that cannot
 * be sent does not end the process.
 */
export function transporterOutages(): MiddlewareFactory {
  return middleware("TidegateTransporterOutages", (broker) => ({
    created: () => {
      const tx: object = broker.transit?.tx ?? {};
      if ("getRedisClient" in tx && typeof tx.getRedisClient === "function")
        tx.getRedisClient = patchedClients(tx.getRedisClient.bind(tx) as CreateRedisClient, broker, () =>
          "_clientPub" in tx ? (tx._clientPub as RedisClient) : undefined,
        );
      followConnection(broker);
    },
  }));
}

/** Creates clients that send each command at most once, and whose failures are only logged. */
function patchedClients(
  create: CreateRedisClient,
  broker: ServiceBroker,
  currentPublisher: () => RedisClient | undefined,
): CreateRedisClient {
  const stopChecks = new WeakMap<RedisClient, () => void>();
  return (options) => {
    const previous = currentPublisher();
    if (previous !== undefined) {
      stopChecks.get(previous)?.();
      closeForGood(previous);
    }
    const client = create(options);
    client.options.autoResendUnfulfilledCommands = false;
    const logFailure =
      (send: SendCommand): SendCommand =>
      (...given) =>
        send(...given).catch((error: unknown) => broker.logger.debug("A Redis command failed.", error));
    client.publish = logFailure(client.publish.bind(client));
    client.subscribe = logFailure(client.subscribe.bind(client));
    stopChecks.set(client, checkConnection(client, broker));
    return client;
  };
}

/** Closes a client whose events must no longer reach Moleculer. */
function closeForGood(client: RedisClient): void {
  client.removeAllListeners();
  client.on("error", () => undefined);
  client.disconnect(false);
}

/**
 * Pings the server with each heartbeat, and reconnects if it does not answer. A connection that only receives
 * would not notice that the server has forgotten it. Returns a function that ends the checks.
 */
function checkConnection(client: RedisClient, broker: ServiceBroker): () => void {
  const { heartbeatInterval, heartbeatTimeout } = broker.options;
  if (!heartbeatInterval || !heartbeatTimeout) return () => undefined;
  let lastTimeout: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    if (client.status !== "ready") return;
    const timeout = setTimeout(() => client.disconnect(true), heartbeatTimeout * 1_000).unref();
    lastTimeout = timeout;
    const answered = (): void => clearTimeout(timeout);
    client.ping().then(answered, answered);
  }, heartbeatInterval * 1_000).unref();
  const stop = (): void => {
    clearInterval(timer);
    clearTimeout(lastTimeout);
  };
  client.once("end", stop);
  return stop;
}
