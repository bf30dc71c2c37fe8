import { getHeapSpaceStatistics } from "node:v8";
import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { loopbackTcp } from "@tidegate/example-soccer";
import { createDefaultGateway } from "@tidegate/gateway";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { readCluster } from "./cluster.ts";

/** A request to the process of the gateway. */
export interface GatewayRequest {
  readonly heap: true;
}

/** A message from the process of the gateway. */
export type GatewayMessage =
  | {
      readonly port: number;
    }
  | {
      /** The service whose fragment was refused. */
      readonly refused: string;
    }
  | {
      /** The used heap in bytes after garbage collection, without compiled code. */
      readonly heap: number;
    };

/** Shorter than the default, because the changes follow faster than in a deployment. */
const retireSeconds = 0.2;
/** Smaller than the default, so that the cache is full before the heap is measured. */
const maxOperations = 50;

/** Longer than the default, because the time limit of functions is not tested here. */
const functionMs = 5_000;

const { namespace, gatewayId, gatewayPort } = readCluster();
const send = (message: GatewayMessage): void => void process.send?.(message);

const gateway = createDefaultGateway({
  brokers: [
    moleculer({
      namespace,
      nodeID: gatewayId,
      logger: false,
      transporter: loopbackTcp({ port: gatewayPort }),
    }),
  ],
  protocols: [rest(), graphql({ maxOperations }), webSocket()],
  policies: [scope()],
  sandbox: sandbox({ timeout: functionMs }),
  server: h3Server({ host: "127.0.0.1", port: 0, webSocket: { retireSeconds } }),
  logger: silentLogger,
});
gateway.registry.onReport(({ service, state }) => {
  if (state === "failed") send({ refused: service });
});
process.on("message", async () => {
  for (let round = 0; round < 3; round++) await globalThis.gc?.({ execution: "async" });
  send({ heap: usedHeapBytes() });
});
process.on("disconnect", async () => {
  await gateway.stop();
  process.exit();
});
const [listening] = await gateway.start();
send({ port: listening?.port ?? 0 });

/** Excludes compiled code, because V8 continues to compile during the run. */
function usedHeapBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !/^(?:code|trusted)_/.test(name))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
}
