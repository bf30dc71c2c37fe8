import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { scope } from "@tidegate/policy-scope";
import { rest } from "@tidegate/protocol-rest";
import { h3Server, jwt } from "@tidegate/server-h3";
import { gatewayNode, transporterOf } from "../harness/cluster.ts";
import { contend } from "../harness/contender.ts";
import { untilServed } from "../harness/until-served.ts";
import { requiredScope, secret } from "./authorization.ts";
import { bodyLimit, createCluster, startRemote } from "./nodes.ts";
import { localService, player } from "./services.ts";

const api = {
  protocol: {
    REST: {
      basePath: "/",
      routes: [
        { method: "GET", path: "/players/:id", call: { action: "player.get" } },
        { method: "POST", path: "/created", call: { action: "player.create" } },
        {
          method: "GET",
          path: "/mapped/:id",
          map: `({ path }) => ({ ...${JSON.stringify(player)}, id: Number(path.id) })`,
        },
        { method: "GET", path: "/scoped/:id", call: { action: "player.getScoped" } },
      ],
    },
  },
  policy: { call: [{ actions: ["player.getScoped"], scopes: [requiredScope] }] },
};

await contend(async () => {
  const cluster = await createCluster();
  const gateway = createDefaultGateway({
    brokers: [
      moleculer({
        namespace: cluster.namespace,
        nodeID: gatewayNode,
        logger: false,
        transporter: transporterOf(cluster, "gateway"),
        services: [{ ...localService, metadata: { api } }],
      }),
    ],
    protocols: [rest()],
    policies: [scope()],
    server: h3Server({
      host: "127.0.0.1",
      port: 0,
      auth: { Bearer: jwt({ secret }) },
      bodyBytes: bodyLimit,
    }),
    logger: silentLogger,
  });
  const [listening] = await gateway.start();
  const port = listening?.port ?? 0;
  await startRemote("remote-tidegate.ts", cluster);
  await untilServed(`http://127.0.0.1:${port}/remote/1`);
  await gateway.registry.settled();
  return port;
});
