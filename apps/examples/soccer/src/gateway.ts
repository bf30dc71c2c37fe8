import { moleculer } from "@tidegate/broker-moleculer";
import type { Logger } from "@tidegate/core-registry";
import { createGateway, type Gateway } from "@tidegate/gateway";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { sandbox } from "@tidegate/sandbox";
import { h3Server, jwt } from "@tidegate/server-h3";
import type { Cluster } from "./run/cluster.ts";
import { loopbackTcp } from "./run/loopback-tcp.ts";

/** What the example's gateway is told. */
export interface SoccerGatewayOptions {
  /** The distributed system that it joins. */
  readonly cluster: Cluster;
  /** The port for HTTP on 127.0.0.1. */
  readonly port: number;
  /** What tokens are signed with. */
  readonly secret: Uint8Array;
  /** Seconds until the routes of a service that was lost are taken away. Default 15. */
  readonly lostSeconds?: number;
  /** Milliseconds that a function of a fragment may take. Default 50. */
  readonly functionMs?: number;
  /** Where it writes. */
  readonly logger: Logger;
}

/** The gateway of the example, composed by hand: this is all that one needs. */
export function soccerGateway({
  cluster,
  port,
  secret,
  lostSeconds = 15,
  functionMs = 50,
  logger,
}: SoccerGatewayOptions): Gateway {
  const { namespace, gatewayId, gatewayPort } = cluster;
  return createGateway({
    brokers: [moleculer({ namespace, nodeID: gatewayId, transporter: loopbackTcp({ port: gatewayPort }) })],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    sandbox: sandbox({ timeout: functionMs }),
    server: h3Server({ host: "127.0.0.1", port, auth: { Bearer: jwt({ secret }) } }),
    lostSeconds,
    logger,
  });
}
