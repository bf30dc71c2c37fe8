import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSchema, createYoga } from "graphql-yoga";
import { ServiceBroker } from "moleculer";
import { contend } from "../harness/contender.ts";
import { executable } from "./call-resolvers.ts";
import { playerService } from "./players.ts";

await contend(async () => {
  const broker = new ServiceBroker({ logger: false });
  broker.createService(playerService);
  await broker.start();
  const yoga = createYoga({ schema: createSchema(executable(broker)), logging: false, graphiql: false });
  const server = createServer(yoga).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
});
