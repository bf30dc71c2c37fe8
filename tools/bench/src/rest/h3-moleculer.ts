import { H3, serve } from "h3";
import { ServiceBroker } from "moleculer";
import { contend } from "../harness/contender.ts";
import { playerService } from "./player.ts";

await contend(async () => {
  const broker = new ServiceBroker({ logger: false });
  broker.createService(playerService);
  await broker.start();
  const app = new H3();
  app.get("/players/:id", (event) => broker.call("player.get", { id: event.context.params?.id }));
  const server = serve(app, { hostname: "127.0.0.1", port: 0, silent: true });
  await server.ready();
  return Number(new URL(server.url ?? "").port);
});
