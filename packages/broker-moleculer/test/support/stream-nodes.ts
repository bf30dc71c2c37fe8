import { createHash, randomBytes } from "node:crypto";
import { finished, Readable } from "node:stream";
import { type BrokerOptions, type Middleware, ServiceBroker, type ServiceSchema } from "moleculer";
import { onTestFinished, type TestContext } from "vitest";
import { refreshPeers } from "../../src/patches/early-discovery.ts";
import { streamFlowControl } from "../../src/streams/flow-control.ts";
import type { CreditWindow } from "../../src/streams/protocol.ts";
import type { Transport } from "./transports.ts";

/** What nodes grant here: little, so that its bounds are soon reached. */
export const window: CreditWindow = { bytes: 256 * 1_024, chunks: 16 };

/** The size of the chunks made here. */
export const chunkSize = 64 * 1_024;

/** The middleware, as Moleculer's types have it: they leave out the functions that make middlewares. */
export function credit(): Middleware {
  const made: object = streamFlowControl(window);
  return made as Middleware;
}

/** Two nodes that know each other. */
export interface Pair {
  /** The node that calls. */
  readonly caller: ServiceBroker;
  /** The node with the services, and one more: `echo.now`. */
  readonly callee: ServiceBroker;
}

/** Starts two nodes with credit. Options given to one of them replace its own, its middlewares too. */
export async function pairOn(
  context: TestContext,
  transport: Transport,
  services: readonly ServiceSchema[],
  changed: { readonly caller?: BrokerOptions; readonly callee?: BrokerOptions } = {},
): Promise<Pair> {
  const meeting = await transport.open(context, ["caller", "callee"]);
  const brokerOf = (id: "caller" | "callee"): ServiceBroker =>
    new ServiceBroker({ ...meeting.optionsOf(id), middlewares: [credit()], ...changed[id] });
  const caller = brokerOf("caller");
  const callee = brokerOf("callee");
  onTestFinished(async () => {
    await Promise.all([caller.stop(), callee.stop()]);
  });
  for (const service of services) callee.createService(service);
  callee.createService({ name: "echo", actions: { now: () => "now" } });
  await Promise.all([caller.start(), callee.start()]);
  refreshPeers(caller);
  await caller.waitForServices("echo", undefined, 10);
  return { caller, callee };
}

/** Bytes under way. */
export interface Source {
  /** They. */
  readonly stream: Readable;
  /** How many were made. */
  readonly made: { readonly bytes: number };
  /** The hash of all that were made. */
  digest(): string;
}

/** Bytes that differ from chunk to chunk, counted and hashed as they are made. */
export function sourceOf(size: number): Source {
  const block = randomBytes(chunkSize);
  const hash = createHash("sha256");
  const made = { bytes: 0 };
  const stream = new Readable({
    read() {
      if (made.bytes >= size) {
        this.push(null);
        return;
      }
      const chunk = Buffer.from(block.subarray(0, Math.min(chunkSize, size - made.bytes)));
      chunk.writeUInt32BE(made.bytes / chunkSize);
      made.bytes += chunk.length;
      hash.update(chunk);
      this.push(chunk);
    },
  });
  return { stream, made, digest: () => hash.digest("hex") };
}

/** The hash of all that a stream gives. */
export async function digestOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

/** What a slow reader saw. */
export interface SlowReading {
  /** Bytes read. */
  readonly read: number;
  /** How often it stopped. */
  readonly stops: number;
  /** The most bytes that the source was ahead. */
  readonly farthest: number;
  /** The hash of what was read. */
  readonly digest: string;
}

/**
 * Reads to the end, stopping four times on the way: each time until the source is `ahead` bytes ahead, by default a whole window, and for as many turns
 * of `roundTrip` after that as would let it go much farther.
 */
export async function readSlowly(
  stream: Readable,
  size: number,
  { made }: Source,
  roundTrip: () => Promise<unknown>,
  ahead: number = window.bytes,
): Promise<SlowReading> {
  const hash = createHash("sha256");
  let read = 0;
  let stops = 0;
  let farthest = 0;
  const look = (): void => {
    farthest = Math.max(farthest, made.bytes - read);
  };
  for await (const chunk of stream) {
    hash.update(chunk);
    read += chunk.length;
    look();
    if (stops === 4 || read < (size / 6) * (stops + 1)) continue;
    stops++;
    while (made.bytes - read < ahead) await roundTrip();
    for (let turn = 0; turn < 50; turn++) await roundTrip();
    look();
  }
  return { read, stops, farthest, digest: hash.digest("hex") };
}

/** A stream without an end. */
export function endless(): Readable {
  return sourceOf(Number.POSITIVE_INFINITY).stream;
}

/** Resolves with the error that ended a stream, or with undefined at its good end. */
export function endOf(stream: Readable): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  finished(stream, { writable: false }, (error) => resolve(error ?? undefined));
  return promise;
}

/** An answer that is a stream. @throws where it is none */
export async function streamOf(answer: Promise<unknown>): Promise<Readable> {
  const value = await answer;
  if (value instanceof Readable) return value;
  throw new TypeError("The answer is no stream.");
}
