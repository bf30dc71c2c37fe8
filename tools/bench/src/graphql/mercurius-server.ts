import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { mercurius } from "mercurius";
import { ServiceBroker } from "moleculer";
import { executable } from "./call-resolvers.ts";
import { playerService } from "./players.ts";

/**
 * Starts mercurius on fastify and returns the port.
 * @param jit the number of runs after which an operation is compiled; 0 turns compilation off
 */
export async function startMercurius(jit: number): Promise<number> {
  const broker = new ServiceBroker({ logger: false });
  broker.createService(playerService);
  await broker.start();
  const { typeDefs, resolvers } = executable(broker);
  const app = fastify();
  await app.register(mercurius, { schema: typeDefs, resolvers, jit });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}
