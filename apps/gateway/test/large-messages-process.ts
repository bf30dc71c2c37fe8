import { preset, tidegate } from "@tidegate/service-moleculer";
import { type BrokerOptions, type Context, Errors, ServiceBroker } from "moleculer";

// A service in a process of its own, whose answers, errors and params are large or cannot be sent.
const { options, hasPreset } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly options: BrokerOptions;
  readonly hasPreset: boolean;
};
const circular: Record<string, unknown> = { kept: "yes" };
circular.self = circular;
let release = Promise.withResolvers<string>();

const broker = new ServiceBroker(hasPreset ? preset(options) : options);
broker.createService({
  name: "large",
  mixins: [
    tidegate({
      api: {
        protocol: {
          REST: {
            basePath: "/large",
            routes: [
              { method: "POST", path: "/text", call: { action: "large.count", params: { text: "@body" } } },
              { method: "POST", path: "/", call: { action: "large.count", params: { text: "@body.text" } } },
              { method: "POST", path: "/number", call: { action: "large.number", params: { n: "@body.n" } } },
              {
                method: "GET",
                path: "/text/:length",
                call: { action: "large.repeat", params: { length: "@path.length:number" } },
              },
              { method: "GET", path: "/file", call: "large.file" },
              { method: "GET", path: "/photo", call: "large.photo" },
              { method: "GET", path: "/broken", call: "large.broken" },
              { method: "GET", path: "/hold", call: "large.hold" },
              { method: "GET", path: "/release", call: "large.release" },
            ],
          },
        },
      },
    }),
  ],
  actions: {
    count: ({ params }: Context<{ readonly text: string }>) => ({ length: params.text.length }),
    number: { params: { n: "number" }, handler: ({ params }: Context<{ readonly n: number }>) => params.n },
    repeat: ({ params }: Context<{ readonly length: number }>) => ({ text: "x".repeat(params.length) }),
    file: () => Buffer.from([0, 255, 1]),
    photo: () => ({ photo: Buffer.from([0, 255, 1]), taken: new Date(0), size: Number.NaN }),
    broken: () => Promise.reject(new Errors.MoleculerError("No.", 409, "BROKEN", { circular, kept: 1 })),
    hold: () => release.promise,
    release: () => {
      release.resolve("released");
      release = Promise.withResolvers();
      return "done";
    },
  },
});
await broker.start();
console.log("ready");
