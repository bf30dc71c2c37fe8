import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { brokerOptions, type Network } from "../faults/network.ts";

/** The message from the process of the gateway: it listens on a port. */
export interface OutageGatewayMessage {
  readonly port: number;
}

const network: Network = JSON.parse(process.argv[2] ?? "");
const gateway = createDefaultGateway({
  brokers: [moleculer(brokerOptions(network, "gateway"))],
  protocols: [rest(), graphql(), webSocket()],
  policies: [],
  server: h3Server({ host: "127.0.0.1", port: 0 }),
  logger: silentLogger,
});
process.on("disconnect", async () => {
  await gateway.stop();
  process.exit();
});
const [listening] = await gateway.start();
const message: OutageGatewayMessage = { port: listening?.port ?? 0 };
process.send?.(message);
