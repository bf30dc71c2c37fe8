import { createHash, randomBytes } from "node:crypto";
import { finished, Readable } from "node:stream";
import {
  type CreditWindow,
  streamFlowControl,
  toMiddlewares,
  transporterOutages,
} from "@tidegate/service-moleculer/wire";
import { type BrokerOptions, type Middleware, ServiceBroker, type ServiceSchema } from "moleculer";
import { onTestFinished, type TestContext } from "vitest";
import { refreshPeers } from "../../src/patches/early-discovery.ts";
import type { Transport } from "./transports.ts";

/** The window of the nodes in these tests: small, so that its limits are reached soon. */
export const window: CreditWindow = { bytes: 256 * 1_024, chunks: 16 };

/** Bytes of the chunks of `sourceOf`. */
export const chunkSize = 64 * 1_024;

/**
 * Flow control with the window of these tests. Without the patch for outages, Redis commands that are pending
 * when a broker stops would be unhandled rejections.
 */
export function flowControl(): Middleware[] {
  return toMiddlewares([streamFlowControl(window), transporterOutages()]);
}

/** Two nodes that have discovered each other. */
export interface Pair {
  readonly caller: ServiceBroker;
  /** Also provides `echo.now`. */
  readonly callee: ServiceBroker;
}

/** Starts two nodes with flow control. Options for one of them replace its own, including the middlewares. */
export async function startPair(
  context: TestContext,
  transport: Transport,
  services: readonly ServiceSchema[],
  changed: { readonly caller?: BrokerOptions; readonly callee?: BrokerOptions } = {},
): Promise<Pair> {
  const network = await transport.open(context, ["caller", "callee"]);
  const brokerOf = (id: "caller" | "callee"): ServiceBroker =>
    new ServiceBroker({ ...network.optionsOf(id), middlewares: flowControl(), ...changed[id] });
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

/** A stream of bytes whose production is measured. */
export interface Source {
  readonly stream: Readable;
  /** How much the stream has produced. */
  readonly produced: { readonly bytes: number };
  /** The hash of everything that the stream has produced. */
  digest(): string;
}

/** Creates a source of `size` bytes that differ from chunk to chunk. */
export function sourceOf(size: number): Source {
  const block = randomBytes(chunkSize);
  const hash = createHash("sha256");
  const produced = { bytes: 0 };
  const stream = new Readable({
    read() {
      if (produced.bytes >= size) {
        this.push(null);
        return;
      }
      const chunk = Buffer.from(block.subarray(0, Math.min(chunkSize, size - produced.bytes)));
      chunk.writeUInt32BE(produced.bytes / chunkSize);
      produced.bytes += chunk.length;
      hash.update(chunk);
      this.push(chunk);
    },
  });
  return { stream, produced, digest: () => hash.digest("hex") };
}

/** Reads a stream to its end and returns the hash of its bytes. */
export async function digestOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

/** What `readSlowly` observed. */
export interface SlowReading {
  /** In bytes. */
  readonly read: number;
  /** How often the reader paused. */
  readonly stops: number;
  /** The most bytes that the source was ahead of the reader. */
  readonly farthest: number;
  readonly digest: string;
}

/**
 * Reads a stream to its end, with four pauses: each until the source is `ahead` bytes ahead (default: a
 * window), and then for 50 calls of `roundTrip`, in which a sender without flow control would get much
 * further ahead.
 */
export async function readSlowly(
  stream: Readable,
  size: number,
  { produced }: Source,
  roundTrip: () => Promise<unknown>,
  ahead: number = window.bytes,
): Promise<SlowReading> {
  const hash = createHash("sha256");
  let read = 0;
  let stops = 0;
  let farthest = 0;
  const look = (): void => {
    farthest = Math.max(farthest, produced.bytes - read);
  };
  for await (const chunk of stream) {
    hash.update(chunk);
    read += chunk.length;
    look();
    if (stops === 4 || read < (size / 6) * (stops + 1)) continue;
    stops++;
    while (produced.bytes - read < ahead) await roundTrip();
    for (let turn = 0; turn < 50; turn++) await roundTrip();
    look();
  }
  return { read, stops, farthest, digest: hash.digest("hex") };
}

/** Creates a stream without an end. */
export function endlessStream(): Readable {
  return sourceOf(Number.POSITIVE_INFINITY).stream;
}

/** Resolves with the error that ended a stream, or with undefined if it ended normally. */
export function endOf(stream: Readable): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  finished(stream, { writable: false }, (error) => resolve(error ?? undefined));
  return promise;
}

/**
 * Returns an answer that is a stream.
 * @throws if it is none
 */
export async function streamOf(answer: Promise<unknown>): Promise<Readable> {
  const value = await answer;
  if (value instanceof Readable) return value;
  throw new TypeError("The answer is not a stream.");
}
