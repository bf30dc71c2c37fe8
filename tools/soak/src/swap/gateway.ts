import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { loopbackTcp } from "@tidegate/example-soccer";
import { createGateway } from "@tidegate/gateway";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { givenCluster } from "./cluster.ts";

/** What the gateway's process tells. */
export type GatewayMessage = {
  /** Where it listens; told once. */
  readonly port?: number;
  /** What the version serves that begins to be served; told for each. */
  readonly routes?: readonly string[];
};

const { namespace, gatewayId, gatewayPort } = givenCluster();
const send = (message: GatewayMessage): void => void process.send?.(message);

const gateway = createGateway({
  brokers: [
    moleculer({
      namespace,
      nodeID: gatewayId,
      logger: false,
      transporter: loopbackTcp({ port: gatewayPort }),
    }),
  ],
  protocols: [rest()],
  policies: [],
  server: h3Server({ host: "127.0.0.1", port: 0 }),
  logger: silentLogger,
});
gateway.registry.onMount(({ version }) => send({ routes: version.endpoints.map(({ label }) => label) }));
process.on("disconnect", async () => {
  await gateway.stop();
  process.exit();
});
const [listening] = await gateway.start();
send({ port: listening?.port ?? 0 });
