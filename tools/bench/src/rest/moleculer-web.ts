import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceBroker } from "moleculer";
import web from "moleculer-web";
import { contend } from "../harness/contender.ts";
import { playerService } from "./player.ts";

await contend(async () => {
  const broker = new ServiceBroker({ logger: false });
  broker.createService(playerService);
  const service = broker.createService({
    name: "web",
    mixins: [web],
    settings: {
      ip: "127.0.0.1",
      port: 0,
      routes: [{ path: "/", aliases: { "GET /players/:id": "player.get" }, bodyParsers: false }],
    },
  });
  await broker.start();
  const server: Server = Reflect.get(service, "server");
  return (server.address() as AddressInfo).port;
});
