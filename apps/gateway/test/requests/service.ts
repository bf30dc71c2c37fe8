import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, type Context, ServiceBroker } from "moleculer";

// A service in a process of its own, which answers with the params that it received.
const options = JSON.parse(process.argv[2] ?? "{}") as BrokerOptions;

function received(context: Context): unknown {
  return { params: context.params ?? null };
}

const echo = {
  params: {
    n: { type: "number", optional: true },
    list: { type: "array", items: "number", optional: true },
    on: { type: "boolean", optional: true },
    text: { type: "string", optional: true },
    either: [
      { type: "number", optional: true },
      { type: "string", optional: true },
    ],
  },
  handler: received,
};

const broker = new ServiceBroker(options);
broker.createService({
  name: "echo",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/echo",
            routes: [
              { method: "GET", path: "/", call: "echo.declared" },
              { method: "POST", path: "/", call: "echo.declared" },
              { method: "PATCH", path: "/", call: "echo.declared" },
              {
                method: "POST",
                path: "/mapped",
                call: { action: "echo.any", params: { n: "@body.n:number", all: "@body" } },
              },
              { method: "POST", path: "/body", call: { action: "echo.any", params: { body: "@body" } } },
              { method: "POST", path: "/file", call: { action: "echo.file", params: "@body" } },
              {
                method: "POST",
                path: "/unread",
                call: { action: "echo.any", params: { t: "@body.mimetype" } },
              },
            ],
          },
          WebSocket: {
            basePath: "/echo",
            routes: [
              {
                path: "/ws",
                publish: { event: "echo.said", params: "@message" },
                subscribe: { events: ["echo.said"] },
              },
            ],
          },
        },
      },
    }),
  ],
  actions: {
    declared: echo,
    any: received,
    async file({ stream, params }: Context) {
      return stream instanceof Readable ? { file: (await buffer(stream)).length } : { file: null, params };
    },
  },
});
await broker.start();
console.log("started");
