import { getHeapSpaceStatistics } from "node:v8";
import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { loopbackTcp } from "@tidegate/example-soccer";
import { createGateway } from "@tidegate/gateway";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { givenCluster } from "./cluster.ts";

/** What the gateway's process is asked. */
export interface GatewayQuestion {
  /** How much its heap holds. */
  readonly heap: true;
}

/** What it tells. */
export type GatewayMessage =
  | {
      /** Where it listens; told once. */
      readonly port: number;
    }
  | {
      /** A service whose fragment was refused. */
      readonly refused: string;
    }
  | {
      /** Bytes in use on its heap, after garbage was collected, without compiled code. */
      readonly heap: number;
    };

/** Sockets that have to go go within this time, in seconds: the changes come faster than in a deployment. */
const retireSeconds = 0.2;
/** Few operations are remembered, so that what is bounded is full before the heap is looked at. */
const maxOperations = 50;

/** How long functions take on a busy machine is not what is tried here. */
const functionMs = 5_000;

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
  send({ heap: heldBytes() });
});
process.on("disconnect", async () => {
  await gateway.stop();
  process.exit();
});
const [listening] = await gateway.start();
send({ port: listening?.port ?? 0 });

// V8 compiles as long as it finds something worth it: that is no slope of ours.
function heldBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => !/^(?:code|trusted)_/.test(name))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
}
