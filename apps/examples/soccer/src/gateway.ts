import { moleculer } from "@tidegate/broker-moleculer";
import type { Logger } from "@tidegate/core-registry";
import { createDefaultGateway, type Gateway } from "@tidegate/gateway";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { h3Server, jwt } from "@tidegate/server-h3";
import type { Cluster } from "./run/cluster.ts";
import { loopbackTcp } from "./run/loopback.ts";

/** Options of `soccerGateway`: network, port, secret and limits. */
export interface SoccerGatewayOptions {
  readonly cluster: Cluster;
  readonly port: number;
  /** The secret that signs the tokens. */
  readonly secret: Uint8Array;
  /** Seconds until the routes of a lost service are removed. Default 15. */
  readonly lostSeconds?: number;
  /** The time limit for functions in fragments, in milliseconds. Default 50. */
  readonly functionMs?: number;
  readonly logger: Logger;
}

/** Composes the gateway of the demo from its parts. */
export function soccerGateway({
  cluster,
  port,
  secret,
  lostSeconds = 15,
  functionMs = 50,
  logger,
}: SoccerGatewayOptions): Gateway {
  const { namespace, gatewayId, gatewayPort } = cluster;
  return createDefaultGateway({
    brokers: [moleculer({ namespace, nodeID: gatewayId, transporter: loopbackTcp({ port: gatewayPort }) })],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    sandbox: sandbox({ timeout: functionMs }),
    // No load balancer waits for the demo to leave.
    server: h3Server({ host: "127.0.0.1", port, drainDelaySeconds: 0, auth: { Bearer: jwt({ secret }) } }),
    lostSeconds,
    logger,
  });
}
