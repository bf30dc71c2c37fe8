import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { graphql } from "@tidegate/protocol-graphql";
import { h3Server } from "@tidegate/server-h3";
import { contend } from "../harness/contender.ts";
import { playerService, playerType, queryFields } from "./players.ts";

const api = {
  protocol: {
    GraphQL: {
      typeDefs: `${playerType} extend type Query ${queryFields}`,
      resolvers: {
        Query: {
          player: { call: { action: "player.get", params: { id: "@args.id" } } },
          players: { call: { action: "player.list" } },
        },
      },
    },
  },
};

await contend(async () => {
  const gateway = createDefaultGateway({
    brokers: [
      moleculer({ logger: false, transporter: null, services: [{ ...playerService, metadata: { api } }] }),
    ],
    protocols: [graphql()],
    policies: [],
    server: h3Server({ host: "127.0.0.1", port: 0 }),
    logger: silentLogger,
  });
  const [listening] = await gateway.start();
  await gateway.registry.settled();
  return listening?.port ?? 0;
});
