import { randomBytes } from "node:crypto";
import { freePort, loopbackTcp } from "@tidegate/example-soccer";
import type { BrokerOptions } from "moleculer";
import { installed, startMessageServer } from "./message-server.ts";

/** How the processes of a run connect to each other. Each process receives it as JSON. */
export interface Cluster {
  readonly namespace: string;
  readonly transporter: "tcp" | "nats" | "redis";
  /** The port of the message server, or for `tcp` of the gateway's node. */
  readonly port: number;
}

/** The Moleculer node id of the gateway. */
export const gatewayNode = "gateway";

/** Moleculer's transporter for the process of the gateway or the service. */
export function transporterOf(
  { transporter, port }: Cluster,
  process: "gateway" | "service",
): NonNullable<BrokerOptions["transporter"]> {
  if (transporter === "nats") return { type: "NATS", options: { url: `nats://127.0.0.1:${port}` } };
  if (transporter === "redis") return { type: "Redis", options: { host: "127.0.0.1", port } };
  return loopbackTcp(process === "gateway" ? { port } : { peers: { [gatewayNode]: port } });
}

/** A transporter that benchmarks run with. */
export interface Transport {
  readonly name: Cluster["transporter"];
  /** The program of the message server. Absent for `tcp`. */
  readonly program?: string;
  readonly start?: (port: number, folder: string) => readonly string[];
}

const transports: readonly Transport[] = [
  { name: "tcp" },
  {
    name: "nats",
    program: "nats-server",
    start: (port) => ["--addr", "127.0.0.1", "--port", String(port)],
  },
  {
    name: "redis",
    program: "redis-server",
    start: (port, folder) => ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
  },
];

/**
 * Returns the transporter of a name, or all.
 * @throws if there is no such transporter
 */
export function chooseTransports(only: string | undefined): readonly Transport[] {
  const chosen = transports.filter(({ name }) => only === undefined || name === only);
  if (chosen.length > 0) return chosen;
  const known = transports.map(({ name }) => name).join(", ");
  throw new Error(`Unknown work: ${only}. Known works: ${known}.`);
}

/**
 * Runs a measurement with a message server of its own. If the server is not installed, it is skipped with a
 * progress message, and the result is undefined.
 */
export async function withCluster<Measured>(
  { name, program, start }: Transport,
  progress: (line: string) => void,
  measure: (cluster: Cluster) => Promise<Measured>,
): Promise<Measured | undefined> {
  const cluster = { namespace: `bench-${randomBytes(4).toString("hex")}`, transporter: name };
  if (program === undefined || start === undefined) return measure({ ...cluster, port: await freePort() });
  const path = installed(program);
  if (path === undefined) {
    progress(`${name} is skipped: ${program} is not installed.`);
    return undefined;
  }
  const server = await startMessageServer(path, start);
  try {
    return await measure({ ...cluster, port: server.port });
  } finally {
    await server.stop();
  }
}
