import { randomBytes } from "node:crypto";
import type { Gateway } from "@tidegate/gateway";
import { soccerGateway } from "./gateway.ts";
import { minuteVariable } from "./match/service.ts";
import type { Cluster } from "./run/cluster.ts";
import { lineLogger } from "./run/line-logger.ts";
import { freePort } from "./run/ports.ts";
import { type ServiceChild, startChild } from "./run/service-child.ts";
import { type ServiceName, serviceNames } from "./services.ts";
import { demoTokens, type Person } from "./tokens.ts";

/** Who prints a line. */
export type Speaker = "gateway" | ServiceName;

/** How the example is started. */
export interface SoccerOptions {
  /** The first port that is tried for HTTP on 127.0.0.1. Default 8080. */
  readonly port?: number;
  /** Seconds until the routes of a service that was lost are taken away. Default 15. */
  readonly lostSeconds?: number;
  /** Milliseconds that a minute of the matches takes; with 0 they stand still until somebody moves the clock. Default 1,000. */
  readonly minuteMs?: number;
  /** Milliseconds that a function of a fragment may take: more where many share a machine. Default 50. */
  readonly functionMs?: number;
  /** Takes each line that the gateway or a service prints. Default: nobody. */
  readonly write?: (speaker: Speaker, line: string) => void;
}

/** The example, running. */
export interface Soccer {
  /** Where the gateway listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The gateway, in this process. */
  readonly gateway: Gateway;
  /** The distributed system. */
  readonly cluster: Cluster;
  /** A token for each person. */
  readonly tokens: Readonly<Record<Person, string>>;
  /** The processes that were started last, by service. */
  readonly services: ReadonlyMap<ServiceName, ServiceChild>;
  /** Starts a process of a service, beside any that runs; it publishes the fragment of a file where one is given. */
  startService(name: ServiceName, fragment?: string): ServiceChild;
  /** Lets running requests finish and ends all that was started. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway in this process and each service in a process of its own, on free ports of 127.0.0.1. Resolves when
 * the API of all three services is served. A `signal` that fires stops what has been started, and rejects.
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
  const running = new Set<ServiceChild>();
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
    running.add(child);
    void child.ended.then(() => running.delete(child));
    return child;
  };

  const stop = async (): Promise<void> => {
    await gateway.stop();
    await Promise.all([...running].map((child) => child.stop()));
  };
  const stopOnce = (): Promise<void> => (stopped ??= stop());

  try {
    const merged = servesAll(gateway, signal);
    const [listening] = await gateway.start();
    signal?.throwIfAborted();
    const children = serviceNames.map((name) => startService(name));
    await Promise.race([merged, ...children.map(endsEarly)]);
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

/** Rejects when a service ends. */
async function endsEarly({ name, ended }: ServiceChild): Promise<never> {
  const { code, signal } = await ended;
  throw new Error(`The ${name} service ended with ${signal ?? code} before it was merged.`);
}

/** Resolves when a version of all three services is served. */
function servesAll({ registry }: Gateway, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = registry.onSwap(({ version }) => {
    const there = new Set(version.fragments.map(({ service }) => service));
    if (serviceNames.every((name) => there.has(name))) resolve();
  });
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const served = promise.finally(() => {
    end();
    signal?.removeEventListener("abort", abort);
  });
  // Whoever waits is told; nobody may be waiting yet.
  served.catch(() => undefined);
  return served;
}
