import { Readable } from "node:stream";
import { preset } from "@tidegate/service-moleculer";
import { type BrokerOptions, type Context, Errors, ServiceBroker } from "moleculer";
import { answerCases } from "./answers.ts";

// A node in a process of its own, for tests of large messages and of answers that cannot be sent.
const { options, hasPreset } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly options: BrokerOptions;
  readonly hasPreset: boolean;
};
const broker = new ServiceBroker(hasPreset ? preset(options) : options);
let release = Promise.withResolvers<string>();

function circular(): object {
  const value: Record<string, unknown> = { kept: "yes" };
  value.self = value;
  return value;
}

function failWith(data: unknown, message = "It failed."): never {
  throw new Errors.MoleculerError(message, 422, "CUSTOM", data);
}

broker.createService({
  name: "size",
  actions: {
    length: ({ params }: Context<{ text: string }>) => ({ length: params.text.length }),
    number: { params: { n: "number" }, handler: ({ params }: Context<{ n: number }>) => params.n },
    repeat: ({ params }: Context<{ length: number }>) => ({ text: "x".repeat(params.length) }),
    bytes: ({ params }: Context<{ length: number }>) => Buffer.alloc(params.length, 7),
    answer: ({ params }: Context<{ name: string }>) =>
      answerCases.find(({ name }) => name === params.name)?.make(),
    kind: ({ params }: Context<{ data: unknown }>) =>
      Buffer.isBuffer(params.data) ? `Buffer ${params.data.toString("base64")}` : typeof params.data,
    failCircular: () => failWith({ list: [circular()], kept: 1 }),
    failBigInt: () => failWith({ big: 5n, kept: 1 }),
    failLarge: () => failWith({ text: "x".repeat(5_000_000), kept: 1 }),
    failLargeMessage: () => failWith(undefined, "x".repeat(5_000_000)),
    failGetter: () =>
      failWith({
        kept: 1,
        get bad(): never {
          throw new Error("unreadable");
        },
      }),
    failText: () => Promise.reject("a text"),
    badMeta: (context: Context) => {
      Object.assign(context.meta, { self: circular() });
      return "answer";
    },
    objects: () => Readable.from([{ a: 1 }, { b: 5n }, { c: 3 }]),
    largeObjects: () => Readable.from([{ a: 1 }, { text: "x".repeat(20_000_000) }]),
    stream: ({ params }: Context<{ length: number }>) =>
      Readable.from([Buffer.alloc(params.length, 255)], { objectMode: false }),
    buffers: ({ params }: Context<{ length: number }>) => Readable.from([Buffer.alloc(params.length, 255)]),
    nestedAnswer: (context: Context<{ length: number }>) => context.call("other.repeat", context.params),
    nestedParams: (context: Context<{ length: number }>) =>
      context.call("other.length", { text: "x".repeat(context.params.length) }),
    emit: async (context: Context<{ length: number }>) => {
      await context.broadcast("size.sent", { text: "x".repeat(context.params.length) });
      void context.emit("size.circular", circular());
      return "sent";
    },
    hold: () => release.promise,
    release: () => {
      release.resolve("released");
      release = Promise.withResolvers();
      return "done";
    },
  },
  events: {
    "size.event": (context: Context<{ text: string }>) => {
      console.log(`event ${context.params.text.length}`);
    },
  },
});
await broker.start();
console.log("ready");
