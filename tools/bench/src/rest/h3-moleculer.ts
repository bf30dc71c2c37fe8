import { H3, HTTPError, readBody, serve } from "h3";
import { Errors } from "moleculer";
import { contend } from "../harness/contender.ts";
import { createScopeCheck } from "./authorization.ts";
import { bodyLimit, startNodes } from "./nodes.ts";
import { player } from "./services.ts";

await contend(async () => {
  const broker = await startNodes();
  const checkScope = createScopeCheck();
  const app = new H3({ silent: true, onError });
  app.get("/players/:id", (event) => broker.call("player.get", { id: event.context.params?.id }));
  app.post("/created", async (event) => broker.call("player.create", await readBody(event)));
  app.get("/mapped/:id", (event) => ({ ...player, id: Number(event.context.params?.id) }));
  app.get("/scoped/:id", async (event) => {
    await checkScope(event.req.headers.get("authorization") ?? undefined);
    return broker.call("player.getScoped", { id: event.context.params?.id });
  });
  app.get("/remote/:id", (event) => broker.call("remote.get", { id: event.context.params?.id }));
  const server = serve(app, {
    hostname: "127.0.0.1",
    port: 0,
    silent: true,
    maxRequestBodySize: bodyLimit,
  });
  await server.ready();
  return Number(new URL(server.url ?? "").port);
});

/** Sends the code of an error of Moleculer as the status. */
function onError({ cause }: HTTPError): HTTPError | undefined {
  if (!(cause instanceof Errors.MoleculerError)) return undefined;
  return new HTTPError({ status: cause.code, message: cause.message });
}
