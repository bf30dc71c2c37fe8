import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { brokerOptions, type Network } from "../faults/network.ts";

/** The input of a gateway's process: its first argument, as JSON. */
export interface GatewayTask {
  readonly network: Network;
  readonly name: string;
  /** The port that it listens on. */
  readonly port: number;
}

/** A message from the process of a gateway: it is ready, or the latest versions by branch. */
export type GatewayMessage = { readonly ready: true } | { readonly versions: Record<string, string> };

/** Short, because the delay of removals is not tested here. */
const debounceSeconds = 0.5;

const { network, name, port }: GatewayTask = JSON.parse(process.argv[2] ?? "");
const send = (message: GatewayMessage): void => void process.send?.(message);

const gateway = createDefaultGateway({
  gateway: name,
  brokers: [moleculer(brokerOptions(network, name))],
  protocols: [rest()],
  policies: [],
  server: h3Server({ host: "127.0.0.1", port }),
  logger: silentLogger,
  debounceSeconds,
});
process.on("message", () => {
  const own = gateway.registry.branches();
  send({
    versions: Object.fromEntries(own.map(({ branch, latestVersion }) => [branch, latestVersion ?? ""])),
  });
});
process.on("disconnect", async () => {
  await gateway.stop();
  process.exit();
});
await gateway.start();
send({ ready: true });
