import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import type { Context } from "moleculer";
import { describe, expect, test } from "vitest";
import {
  chunkSize,
  digestOf,
  endlessStream,
  endOf,
  readSlowly,
  type SlowReading,
  sourceOf,
  startPair,
  streamOf,
  window,
} from "./support/stream-nodes.ts";
import { transports } from "./support/transports.ts";

const mebibyte = 1_024 * 1_024;

/** Bytes that a source can be ahead: the window, its own buffer, and the chunk that is being sent. */
const maxAhead = window.bytes + 2 * chunkSize;

describe.each(transports)("streams with flow control over $name (S8, S13.1)", (transport) => {
  const size = transport.name === "TCP" ? 200 * mebibyte : 32 * mebibyte;

  test("the sender of an answer is at most a window ahead of a slow reader", async (context) => {
    const source = sourceOf(size);
    const { caller } = await startPair(context, transport, [
      { name: "file", actions: { get: () => source.stream } },
    ]);
    const answer = await streamOf(caller.call("file.get"));
    const seen = await readSlowly(answer, size, source, () => caller.call("echo.now"));
    expect(seen).toMatchObject({ read: size, stops: 4, digest: source.digest() });
    expect(seen.farthest).toBeLessThanOrEqual(maxAhead);
  }, 60_000);

  test("the stream of a call behaves in the same way", async (context) => {
    const source = sourceOf(32 * mebibyte);
    const { caller } = await startPair(context, transport, [
      {
        name: "file",
        actions: {
          put: ({ stream }: Context) =>
            readSlowly(stream as Readable, 32 * mebibyte, source, () => caller.call("echo.now")),
        },
      },
    ]);
    const seen: SlowReading = await caller.call("file.put", {}, { stream: source.stream });
    expect(seen).toMatchObject({ read: 32 * mebibyte, stops: 4, digest: source.digest() });
    expect(seen.farthest).toBeLessThanOrEqual(maxAhead);
  }, 60_000);

  test("objects keep their order and content, and are counted one by one", async (context) => {
    let made = 0;
    async function* objects() {
      for (; made < 2_000; made++) yield { made, text: "é".repeat(made % 7), bytes: "AAAA", none: null };
    }
    const { caller } = await startPair(context, transport, [
      {
        name: "object",
        actions: { through: ({ stream }: Context) => (stream as Readable).map((value) => ({ value })) },
      },
    ]);
    const options = { stream: Readable.from(objects()) };
    const answer = await streamOf(caller.call("object.through", {}, options));
    let read = 0;
    for await (const { value } of answer) {
      expect(value).toEqual({ made: read, text: "é".repeat(read % 7), bytes: "AAAA", none: null });
      read++;
      // Two windows, and the default buffers of the three streams between them.
      expect(made - read).toBeLessThanOrEqual(2 * window.chunks + 4 * 16);
      if (read % 500 === 0) for (let turn = 0; turn < 50; turn++) await caller.call("echo.now");
    }
    expect(read).toBe(2_000);
  });

  test("a reader that goes away ends the source, in calls and answers", async (context) => {
    const down = endlessStream();
    const { caller } = await startPair(context, transport, [
      {
        name: "file",
        actions: {
          get: () => down,
          put: async ({ stream }: Context) => {
            for await (const _ of stream as Readable) break;
            return "enough";
          },
        },
      },
    ]);
    const answer = await streamOf(caller.call("file.get"));
    await once(answer, "readable");
    answer.destroy();
    expect(await endOf(down)).toMatchObject({ type: "REQUEST_CANCELLED" });

    const up = endlessStream();
    expect(await caller.call("file.put", {}, { stream: up })).toBe("enough");
    expect(await endOf(up)).toMatchObject({ type: "REQUEST_CANCELLED" });
  });

  test("a source that fails or closes early ends the reader's stream with an error", async (context) => {
    const broken = () => new PassThrough();
    const sources = [broken(), broken()];
    const { caller } = await startPair(context, transport, [
      {
        name: "file",
        actions: {
          get: ({ params }: Context<{ index: number }>) => sources[params.index],
          put: async ({ stream }: Context) => {
            const end = await endOf((stream as Readable).resume());
            return end?.message;
          },
        },
      },
    ]);
    for (const [index, source] of sources.entries()) {
      source.write("a");
      const answer = await streamOf(caller.call("file.get", { index }));
      const end = endOf(answer.resume());
      await once(answer, "data");
      source.destroy(index === 0 ? new Error("no more paper") : undefined);
      expect((await end)?.message).toMatch(index === 0 ? "no more paper" : "Premature close");
    }
    for (const error of [new Error("no more paper"), undefined]) {
      const stream = broken();
      stream.write("a");
      const answer = caller.call("file.put", {}, { stream });
      await caller.call("echo.now");
      stream.destroy(error);
      expect(await answer).toMatch(error?.message ?? "Premature close");
    }
  });

  test("a node that is lost ends the streams from and to it", async (context) => {
    const up = endlessStream();
    const { caller, callee } = await startPair(context, transport, [
      {
        name: "file",
        actions: { get: endlessStream, put: ({ stream }: Context) => endOf((stream as Readable).resume()) },
      },
    ]);
    const down = endOf((await streamOf(caller.call("file.get"))).resume());
    const call = caller.call("file.put", {}, { stream: up }).catch((error: unknown) => error);
    // What other nodes see when a process is killed: its sockets close without a message.
    await callee.transit?.tx.disconnect();
    callee.registry.discoverer.stopHeartbeatTimers();
    expect(await down).toBeInstanceOf(Error);
    expect(await call).toMatchObject({ type: "REQUEST_REJECTED" });
    expect(await endOf(up)).toBeInstanceOf(Error);
  }, 20_000);

  test("a hundred concurrent streams in both directions are independent", async (context) => {
    const { caller } = await startPair(context, transport, [
      {
        name: "file",
        actions: {
          through: ({ stream }: Context) => (stream as Readable).pipe(new PassThrough()),
        },
      },
    ]);
    const sources = Array.from({ length: 100 }, (_, index) => sourceOf(index * 3_001));
    const digests = sources.map(async ({ stream }) =>
      digestOf(await streamOf(caller.call("file.through", {}, { stream }))),
    );
    expect(await Promise.all(digests)).toEqual(sources.map(({ digest }) => digest()));
  }, 30_000);
});
