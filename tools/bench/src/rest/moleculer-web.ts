import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Context } from "moleculer";
import web from "moleculer-web";
import { contend } from "../harness/contender.ts";
import { createScopeCheck } from "./authorization.ts";
import { bodyLimit, startNodes } from "./nodes.ts";
import { player } from "./services.ts";

const routes = [
  { path: "/players", aliases: { "GET /:id": "player.get" }, bodyParsers: false },
  {
    path: "/created",
    aliases: { "POST /": "player.create" },
    bodyParsers: { json: { limit: bodyLimit } },
  },
  { path: "/mapped", aliases: { "GET /:id": sendMapped }, bodyParsers: false },
  {
    path: "/scoped",
    aliases: { "GET /:id": "player.getScoped" },
    bodyParsers: false,
    authorization: true,
  },
  { path: "/remote", aliases: { "GET /:id": "remote.get" }, bodyParsers: false },
];

await contend(async () => {
  const broker = await startNodes();
  const checkScope = createScopeCheck();
  const service = broker.createService({
    name: "web",
    mixins: [web],
    settings: { ip: "127.0.0.1", port: 0, routes },
    methods: {
      authorize: (_context: Context, _route: unknown, { headers }: IncomingMessage) =>
        checkScope(headers.authorization),
    },
  });
  await broker.waitForServices("web");
  const server: Server = Reflect.get(service, "server");
  return (server.address() as AddressInfo).port;
});

/** An alias whose handler answers without an action. moleculer-web adds `$params` to the request. */
function sendMapped(request: IncomingMessage, response: ServerResponse): void {
  const { id }: { readonly id: string } = Reflect.get(request, "$params");
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(JSON.stringify({ ...player, id: Number(id) }));
}
