import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { contend } from "../harness/contender.ts";
import { playerService } from "./player.ts";

const api = {
  protocol: {
    REST: { basePath: "/players", routes: [{ method: "GET", path: "/:id", call: { action: "player.get" } }] },
  },
};

await contend(async () => {
  const gateway = createDefaultGateway({
    brokers: [
      moleculer({ logger: false, transporter: null, services: [{ ...playerService, metadata: { api } }] }),
    ],
    protocols: [rest()],
    policies: [],
    server: h3Server({ host: "127.0.0.1", port: 0 }),
    logger: silentLogger,
  });
  const [listening] = await gateway.start();
  await gateway.registry.settled();
  return listening?.port ?? 0;
});
