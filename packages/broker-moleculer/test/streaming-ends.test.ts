import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { openInlet } from "../src/streaming/inlet.ts";
import { noticeData, readNotice } from "../src/streaming/notice.ts";
import { openOutlet } from "../src/streaming/outlet.ts";
import { fromWire, toWire } from "../src/streaming/window.ts";
import { endOf } from "./support/pair.ts";

const window = { bytes: 1_000, chunks: 4 };

function inlet(objects: boolean) {
  const told: string[] = [];
  const end = openInlet(objects, window, {
    grant: () => told.push("grant"),
    closed: (complete) => told.push(complete ? "complete" : "cancelled"),
  });
  return { ...end, told };
}

describe("the reading end of a stream (S8)", () => {
  test.each([
    { what: "bytes", chunks: ["a".repeat(996), "a".repeat(996)], objects: false },
    { what: "chunks", chunks: ["YQ==", "YQ==", "YQ==", "YQ==", "YQ=="], objects: false },
    { what: "objects", chunks: [1, 2, 3, 4, 5], objects: true },
  ])("cuts a sender that exceeds its $what", async ({ chunks, objects }) => {
    const { stream, told } = inlet(objects);
    const end = endOf(stream);
    for (const chunk of chunks) stream.write(chunk);
    expect(await end).toMatchObject({ code: "SERVICE_ERROR", message: expect.stringContaining("credit") });
    expect(told).toEqual(["cancelled"]);
    stream.write(chunks[0]);
    stream.end();
    expect(told).toEqual(["cancelled"]);
  });

  test("grants more when half was taken, and not after the end", async () => {
    const { stream, taken, told } = inlet(false);
    for (const chunk of ["YQ==", "YmM=", Buffer.from("d")]) stream.write(chunk);
    expect(taken()).toEqual({ bytes: 0, chunks: 0 });
    const all = buffer(stream);
    stream.write({ type: "Buffer", data: [101] });
    stream.end();
    expect((await all).toString()).toBe("abcde");
    expect(taken()).toEqual({ bytes: 5, chunks: 4 });
    expect(told.filter((line) => line === "grant").length).toBeLessThanOrEqual(1);
    expect(told.at(-1)).toBe("complete");
  });

  test("what is neither bytes nor text ends the stream, and nothing else", async () => {
    for (const chunk of [undefined, null, 7, {}, { type: "Buffer", data: "x" }]) {
      const { stream } = inlet(false);
      const end = endOf(stream);
      expect(() => stream.write(chunk)).not.toThrow();
      expect(await end).toMatchObject({ code: "SERVICE_ERROR" });
    }
  });
});

describe("the sending end of a stream (S8)", () => {
  const outlet = (source: Readable) => openOutlet(source, window, () => undefined);

  test("cuts chunks to the window, and goes on when more is granted", async () => {
    const { stream, taken } = outlet(Readable.from([Buffer.alloc(2_500, "a")], { objectMode: false }));
    const sizes: number[] = [];
    for await (const chunk of stream) {
      sizes.push(chunk.length);
      taken({ bytes: sizes.reduce((sum, size) => sum + size), chunks: sizes.length });
    }
    expect(sizes).toEqual([1_000, 1_000, 500]);
  });

  test("takes no grant for what it has not sent", async () => {
    const source = Readable.from(
      (function* () {
        for (let index = 0; ; index++) yield index;
      })(),
    );
    const { stream, taken, cancel } = outlet(source);
    taken({ bytes: 1e9, chunks: 1e9 });
    const got: unknown[] = [];
    stream.on("data", (value) => got.push(value));
    while (got.length < window.chunks) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(got).toEqual([0, 1, 2, 3]);
    cancel(new Error("enough"));
    expect(source.destroyed && stream.destroyed).toBe(true);
  });

  test("text of a source with an encoding travels as that text", async () => {
    const source = Readable.from([Buffer.from("é")], { objectMode: false }).setEncoding("hex");
    expect((await buffer(outlet(source).stream)).toString()).toBe("c3a9");
  });
});

describe("what nodes tell each other of streams (S13.1)", () => {
  test("windows of others are read with care", () => {
    expect(fromWire(toWire(window))).toEqual(window);
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
      expect(fromWire(bad)).toBeUndefined();
    expect(fromWire([Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])).toEqual({
      bytes: 64 * 1_024 * 1_024,
      chunks: 65_536,
    });
  });

  test("so are notices", () => {
    for (const notice of [
      { kind: "taken", id: "a", taken: window, seq: 7 },
      { kind: "cancel", id: "a" },
      { kind: "gone", id: "a" },
    ] as const)
      expect(readNotice(JSON.parse(JSON.stringify(noticeData(notice))))).toEqual(notice);
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
      expect(readNotice(bad)).toBeUndefined();
  });
});
