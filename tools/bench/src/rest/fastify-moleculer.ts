import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { Errors } from "moleculer";
import { contend } from "../harness/contender.ts";
import { createScopeCheck } from "./authorization.ts";
import { bodyLimit, startNodes } from "./nodes.ts";
import { type NewPlayer, player } from "./services.ts";

interface ById {
  readonly Params: { readonly id: string };
}

await contend(async () => {
  const broker = await startNodes();
  const checkScope = createScopeCheck();
  const app = fastify({ bodyLimit });
  app.setErrorHandler((error, _, reply) => {
    if (!(error instanceof Errors.MoleculerError)) throw error;
    reply.code(error.code).send({ message: error.message });
  });
  app.get<ById>("/players/:id", ({ params }) => broker.call("player.get", { id: params.id }));
  app.post<{ readonly Body: NewPlayer }>("/created", ({ body }) => broker.call("player.create", body));
  app.get<ById>("/mapped/:id", async ({ params }) => ({ ...player, id: Number(params.id) }));
  app.get<ById>(
    "/scoped/:id",
    { onRequest: ({ headers }) => checkScope(headers.authorization) },
    ({ params }) => broker.call("player.getScoped", { id: params.id }),
  );
  app.get<ById>("/remote/:id", ({ params }) => broker.call("remote.get", { id: params.id }));
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
});
