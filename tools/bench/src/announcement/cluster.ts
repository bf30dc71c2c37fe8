import { loopbackTcp } from "@tidegate/example-soccer";
import type { BrokerOptions } from "moleculer";

/** How the processes of a run connect to each other. Each process receives it as JSON. */
export interface AnnouncementCluster {
  readonly namespace: string;
  readonly transporter: "tcp" | "nats" | "redis";
  /** The port of the message server, or for `tcp` of the gateway's node. */
  readonly port: number;
  readonly changes: number;
}

/** The Moleculer node id of the gateway. */
export const gatewayNode = "gateway";

/** Moleculer's transporter for the process of the gateway or the service. */
export function transporterOf(
  { transporter, port }: AnnouncementCluster,
  process: "gateway" | "service",
): NonNullable<BrokerOptions["transporter"]> {
  if (transporter === "nats") return { type: "NATS", options: { url: `nats://127.0.0.1:${port}` } };
  if (transporter === "redis") return { type: "Redis", options: { host: "127.0.0.1", port } };
  return loopbackTcp(process === "gateway" ? { port } : { peers: { [gatewayNode]: port } });
}
