import { finished, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { decodeMessage, decodeWindow, encodeMessage, encodeWindow } from "../src/streams/protocol.ts";
import { StreamReceiver } from "../src/streams/receiver.ts";
import { StreamSender } from "../src/streams/sender.ts";

const window = { bytes: 1_000, chunks: 4 };

function createReceiver(objectMode: boolean) {
  const events: string[] = [];
  const receiver = new StreamReceiver(objectMode, window, {
    progress: () => events.push("progress"),
    closed: (complete) => events.push(complete ? "complete" : "cancelled"),
  });
  return { receiver, stream: receiver.stream, events };
}

/** Resolves with the error that ended a stream. */
function endOf(stream: Readable): Promise<unknown> {
  return new Promise((resolve) => finished(stream, { writable: false }, resolve));
}

describe("StreamReceiver (S8)", () => {
  test.each([
    { what: "bytes", chunks: ["a".repeat(996), "a".repeat(996)], objects: false },
    { what: "chunks", chunks: ["YQ==", "YQ==", "YQ==", "YQ==", "YQ=="], objects: false },
    { what: "objects", chunks: [1, 2, 3, 4, 5], objects: true },
  ])("cuts a sender that exceeds its credit of $what", async ({ chunks, objects }) => {
    const { stream, events } = createReceiver(objects);
    const end = endOf(stream);
    for (const chunk of chunks) stream.write(chunk);
    expect(await end).toMatchObject({ type: "STREAM_INVALID", message: expect.stringContaining("credit") });
    expect(events).toEqual(["cancelled"]);
    stream.write(chunks[0]);
    stream.end();
    expect(events).toEqual(["cancelled"]);
  });

  test("reports progress when half of the window is consumed, and not after the end", async () => {
    const { receiver, stream, events } = createReceiver(false);
    for (const chunk of ["YQ==", "YmM=", Buffer.from("d")]) stream.write(chunk);
    expect(receiver.consumed).toEqual({ bytes: 0, chunks: 0 });
    const all = buffer(stream);
    stream.write({ type: "Buffer", data: [101] });
    stream.end();
    expect((await all).toString()).toBe("abcde");
    expect(receiver.consumed).toEqual({ bytes: 5, chunks: 4 });
    expect(events.filter((event) => event === "progress").length).toBeLessThanOrEqual(1);
    expect(events.at(-1)).toBe("complete");
  });

  test("an invalid chunk ends the stream, and nothing else", async () => {
    for (const chunk of [undefined, null, 7, {}, { type: "Buffer", data: "x" }]) {
      const { stream } = createReceiver(false);
      const end = endOf(stream);
      expect(() => stream.write(chunk)).not.toThrow();
      expect(await end).toMatchObject({ type: "STREAM_INVALID" });
    }
  });
});

describe("StreamSender (S8)", () => {
  const createSender = (source: Readable) => new StreamSender(source, window, 256 * 1_024, () => undefined);

  test("cuts chunks to the window, and continues when the credit grows", async () => {
    const sender = createSender(Readable.from([Buffer.alloc(2_500, "a")], { objectMode: false }));
    const sizes: number[] = [];
    for await (const chunk of sender.stream) {
      sizes.push(chunk.length);
      sender.consumed({ bytes: sizes.reduce((sum, size) => sum + size), chunks: sizes.length });
    }
    expect(sizes).toEqual([1_000, 1_000, 500]);
  });

  test("gets no credit for what it has not sent", async () => {
    const source = Readable.from(
      (function* () {
        for (let index = 0; ; index++) yield index;
      })(),
    );
    const sender = createSender(source);
    sender.consumed({ bytes: 1e9, chunks: 1e9 });
    const received: unknown[] = [];
    sender.stream.on("data", (value) => received.push(value));
    while (received.length < window.chunks) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(received).toEqual([0, 1, 2, 3]);
    sender.cancel(new Error("enough"));
    expect(source.destroyed && sender.stream.destroyed).toBe(true);
  });

  test("the text of a source with an encoding is sent as that text", async () => {
    const source = Readable.from([Buffer.from("é")], { objectMode: false }).setEncoding("hex");
    expect((await buffer(createSender(source).stream)).toString()).toBe("c3a9");
  });
});

describe("what nodes send each other about streams (S13.1)", () => {
  test("windows of other nodes are validated and limited", () => {
    expect(decodeWindow(encodeWindow(window))).toEqual(window);
    for (const bad of [
      undefined,
      null,
      7,
      {},
      [],
      [1],
      [0, 1],
      [1, 0],
      [-1, 1],
      [1.5, 1],
      ["1", 1],
      [Number.NaN, 1],
    ])
      expect(decodeWindow(bad)).toBeUndefined();
    expect(decodeWindow([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])).toEqual({
      bytes: 64 * 1_024 * 1_024,
      chunks: 65_536,
    });
  });

  test("messages are validated", () => {
    for (const message of [
      { kind: "taken", id: "a", consumed: window, seq: 7 },
      { kind: "cancel", id: "a" },
      { kind: "gone", id: "a" },
    ] as const)
      expect(decodeMessage(JSON.parse(JSON.stringify(encodeMessage(message))))).toEqual(message);
    for (const bad of [
      undefined,
      null,
      "x",
      [],
      {},
      { kind: "cancel" },
      { kind: "gone", id: 7 },
      { kind: "taken", id: "a" },
      { kind: "taken", id: "a", bytes: -1, chunks: 1 },
      { kind: "other", id: "a" },
    ])
      expect(decodeMessage(bad)).toBeUndefined();
  });
});
