import { loopbackTcp } from "@tidegate/example-soccer";
import type { BrokerOptions } from "moleculer";

/** How the processes of a run reach each other, as it is handed to each of them. */
export interface NoticeCluster {
  /** Moleculer's namespace. */
  readonly namespace: string;
  /** The transporter. */
  readonly transporter: "tcp" | "nats" | "redis";
  /** The port of the message server; of `tcp` the port of the gateway's node. */
  readonly port: number;
  /** How many changes are measured. */
  readonly changes: number;
}

/** The gateway's node id. */
export const gatewayNode = "gateway";

/** Moleculer's transporter for one of the processes. */
export function transporterOf(
  { transporter, port }: NoticeCluster,
  process: "gateway" | "service",
): NonNullable<BrokerOptions["transporter"]> {
  if (transporter === "nats") return { type: "NATS", options: { url: `nats://127.0.0.1:${port}` } };
  if (transporter === "redis") return { type: "Redis", options: { host: "127.0.0.1", port } };
  return loopbackTcp(process === "gateway" ? { port } : { peers: { [gatewayNode]: port } });
}
