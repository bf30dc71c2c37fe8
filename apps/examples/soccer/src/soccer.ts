import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import type { Logger } from "@tidegate/core-registry";
import type { Gateway } from "@tidegate/gateway";
import { soccerGateway } from "./gateway.ts";
import { minuteVariable } from "./match/service.ts";
import type { Cluster } from "./run/cluster.ts";
import { freePort } from "./run/loopback.ts";
import { type ServiceChild, startChild } from "./run/service-child.ts";
import { type ServiceName, serviceNames } from "./services.ts";
import { demoTokens, type Person } from "./tokens.ts";

/** The origin of a line of output. */
export type LineSource = "gateway" | ServiceName;

/** Options of `startSoccer`. All of them are optional. */
export interface SoccerOptions {
  /** The HTTP port on 127.0.0.1, or the next free one. Default 8080. */
  readonly port?: number;
  /** Seconds until the routes of a lost service are removed. Default 15. */
  readonly lostSeconds?: number;
  /** The duration of a match's minute in milliseconds; 0 stops the clock. Default 1,000. */
  readonly minuteMs?: number;
  /** The time limit for functions in fragments, in milliseconds. A busy machine needs more. Default 50. */
  readonly functionMs?: number;
  /** Receives each line that the gateway or a service prints. Default: discards it. */
  readonly write?: (source: LineSource, line: string) => void;
}

/** The running demo: the gateway and its services. */
export interface Soccer {
  /** The URL of the gateway: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The gateway, which runs in this process. */
  readonly gateway: Gateway;
  readonly cluster: Cluster;
  readonly tokens: Readonly<Record<Person, string>>;
  /** The latest process of each service. */
  readonly services: ReadonlyMap<ServiceName, ServiceChild>;
  /**
   * Starts another process of a service.
   * @param fragment the file of the fragment that it publishes instead of its own
   */
  startService(name: ServiceName, fragment?: string): ServiceChild;
  /** Lets running requests finish, then stops the gateway and all processes. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway in this process and each service in a child process, on free ports of 127.0.0.1.
 * Resolves when the gateway serves the API of all three services.
 * @param signal aborts the start: stops everything and rejects
 */
export async function startSoccer(options: SoccerOptions = {}, signal?: AbortSignal): Promise<Soccer> {
  const { port = 8080, lostSeconds, minuteMs, functionMs, write = () => undefined } = options;
  const secret = randomBytes(32);
  const cluster = await makeCluster();
  const gateway = soccerGateway({
    cluster,
    port: await freePort(port),
    secret,
    logger: lineLogger((line) => write("gateway", line)),
    ...(lostSeconds !== undefined && { lostSeconds }),
    ...(functionMs !== undefined && { functionMs }),
  });
  const services = new Map<ServiceName, ServiceChild>();
  const children = new Set<ServiceChild>();
  let stopped: Promise<void> | undefined;

  const startService: Soccer["startService"] = (name, fragment) => {
    const child = startChild({
      name,
      cluster,
      write: (line) => write(name, line),
      ...(minuteMs !== undefined && { env: { [minuteVariable]: String(minuteMs) } }),
      ...(fragment !== undefined && { fragment }),
    });
    services.set(name, child);
    children.add(child);
    void child.ended.then(() => children.delete(child));
    return child;
  };

  const stop = async (): Promise<void> => {
    await gateway.stop();
    await Promise.all([...children].map((child) => child.stop()));
  };
  const stopOnce = (): Promise<void> => (stopped ??= stop());

  try {
    const merged = servesAll(gateway, signal);
    const [listening] = await gateway.start();
    signal?.throwIfAborted();
    const started = serviceNames.map((name) => startService(name));
    await Promise.race([merged, ...started.map(rejectOnExit)]);
    const tokens = await demoTokens(secret);
    return { url: listening?.url ?? "", gateway, cluster, tokens, services, startService, stop: stopOnce };
  } catch (error) {
    await stopOnce();
    throw error;
  }
}

async function makeCluster(): Promise<Cluster> {
  const name = randomBytes(4).toString("hex");
  return { namespace: `soccer-${name}`, gatewayId: `gateway-${name}`, gatewayPort: await freePort() };
}

/** A logger that passes on each line of a message. It discards debug messages. */
function lineLogger(write: (line: string) => void): Logger {
  const log = (message: string, ...details: readonly unknown[]): void => {
    const text = [message, ...details.map((detail) => inspect(detail))].join(" ");
    for (const line of text.split("\n")) write(line);
  };
  return { debug: () => undefined, info: log, warn: log, error: log };
}

async function rejectOnExit({ name, ended }: ServiceChild): Promise<never> {
  const { code, signal } = await ended;
  throw new Error(`The ${name} service ended with ${signal ?? code} before it was merged.`);
}

/** Resolves when the gateway serves a version with all three services. Rejects when the signal aborts. */
function servesAll({ registry }: Gateway, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unsubscribe = registry.onSwap(({ version }) => {
    const merged = new Set(version.fragments.map(({ service }) => service));
    if (serviceNames.every((name) => merged.has(name))) resolve();
  });
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const served = promise.finally(() => {
    unsubscribe();
    signal?.removeEventListener("abort", abort);
  });
  // Prevents an unhandled rejection if the signal aborts before the caller awaits this promise.
  served.catch(() => undefined);
  return served;
}
