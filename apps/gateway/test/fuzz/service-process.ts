import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { preset, tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, type Context, ServiceBroker } from "moleculer";

// The service of the generated requests, in a process of its own. It never answers with 500 or more.
const options: BrokerOptions = JSON.parse(process.argv[2] ?? "");
const echo = (params: Readonly<Record<string, string>>) => ({ call: { action: "fuzz.echo", params } });

/** Counts the bytes of a stream, which can end early. */
async function count(stream: Context["stream"]): Promise<number> {
  let bytes = 0;
  if (!(stream instanceof Readable)) return bytes;
  stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await finished(stream).catch(() => undefined);
  return bytes;
}

const broker = new ServiceBroker(preset(options));
broker.createService({
  name: "fuzz",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/fuzz",
            routes: [
              { method: "GET", path: "/steady/:n", ...echo({ n: "@path.n" }) },
              { method: "GET", path: "/path/:id", ...echo({ id: "@path.id", query: "@query" }) },
              {
                method: "GET",
                path: "/number/:n",
                ...echo({ n: "@path.n:number", deep: "@query.a.b:boolean" }),
              },
              { method: "GET", path: "/regex/:id([a-z]{1,8})", ...echo({ id: "@path.id" }) },
              {
                method: "GET",
                path: "/optional/:one?/:two?",
                ...echo({ one: "@path.one", two: "@path.two" }),
              },
              { method: "GET", path: "/rest/*rest", ...echo({ rest: "@path.rest" }) },
              { method: "GET", path: "/declared", call: "fuzz.declared" },
              {
                method: "GET",
                path: "/headers",
                ...echo({ auth: "@context.auth", headers: "@context.headers" }),
              },
              { method: "GET", path: "/map/:id", map: "({ path, query }) => ({ id: path.id, query })" },
              { method: "POST", path: "/body", ...echo({ body: "@body", query: "@query" }) },
              {
                method: "PUT",
                path: "/member/:id",
                ...echo({ id: "@path.id", a: "@body.a", n: "@body.n:number" }),
              },
              { method: "PATCH", path: "/declared", call: "fuzz.declared" },
              { method: "POST", path: "/map", map: "({ body }) => ({ body })" },
              { method: "POST", path: "/stream", call: { action: "fuzz.count", params: "@body" } },
              { method: "DELETE", path: "/path/:id", ...echo({ id: "@path.id", body: "@body" }) },
            ],
          },
        },
      },
    }),
  ],
  actions: {
    echo: ({ params }: Context) => ({ seen: params }),
    declared: {
      params: {
        n: "number|optional",
        text: "string|optional",
        list: { type: "array", optional: true, items: "number" },
        flag: "boolean|optional",
        at: { type: "date", optional: true, convert: true },
      },
      handler: ({ params }: Context) => ({ seen: params }),
    },
    count: async ({ stream }: Context) => ({ bytes: await count(stream) }),
  },
});
await broker.start();
process.send?.("started");
process.on("disconnect", () => process.exit());
