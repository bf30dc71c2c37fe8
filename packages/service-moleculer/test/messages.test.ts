import { describe, expect, test } from "vitest";
import { ByteBudget } from "../src/messages/byte-budget.ts";
import { decodeBytes, encodeBytes, restoreBuffers } from "../src/messages/bytes.ts";
import { sendableError, sendableMeta } from "../src/messages/safe-error.ts";

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("bytes in messages (S4.5)", () => {
  test("become text at places that the message names, and bytes again", () => {
    const given = { a: [new Uint8Array([1, 2]), { b: Buffer.from("x") }], c: "AQI=" };
    const { value, bytes } = encodeBytes(given, true);
    expect(value).toEqual({ a: ["AQI=", { b: "eA==" }], c: "AQI=" });
    expect(bytes).toEqual([
      ["a", 0],
      ["a", 1, "b"],
    ]);
    expect(given.a[0]).toBeInstanceOf(Uint8Array);
    expect(decodeBytes(overTheWire(value), bytes)).toEqual({
      a: [Buffer.from([1, 2]), { b: Buffer.from("x") }],
      c: "AQI=",
    });
    expect(decodeBytes("AQI=", [[]])).toEqual(Buffer.from([1, 2]));
  });

  test("data without bytes is not copied", () => {
    const given = { a: [{ b: new Date(0) }] };
    expect(encodeBytes(given, true)).toEqual({ value: given });
    expect(encodeBytes(given, true).value).toBe(given);
  });

  test("places from another node that are not there change nothing", () => {
    const value = { a: "x", b: { c: 1 } };
    const places = [["a", "length"], ["b", "c"], ["__proto__", "x"], ["z"], [{}], "a", null, [["a"]]];
    for (const paths of [places, "a", null, { a: 1 }])
      expect(decodeBytes(overTheWire(value), paths)).toEqual(value);
    expect(Object.prototype).not.toHaveProperty("x");
  });

  test("only exactly `{ type, data }` with bytes is the form of a Buffer", () => {
    const form = { type: "Buffer", data: [1, 255] };
    expect(restoreBuffers({ a: [form] })).toEqual({ a: [Buffer.from([1, 255])] });
    expect(restoreBuffers({ ...form })).toEqual(Buffer.from([1, 255]));
    for (const other of [
      { ...form, more: 1 },
      { ...form, data: [256] },
      { ...form, data: [-1] },
      { ...form, data: [1.5] },
      { ...form, data: ["1"] },
      { ...form, data: "x" },
      { ...form, type: "buffer" },
    ])
      expect(restoreBuffers(overTheWire({ other }))).toEqual({ other });
  });
});

describe("errors in messages (S13.1)", () => {
  const limit = 10_000;

  test("are sent as they are where that is possible", () => {
    const error = { name: "E", message: "m", data: { a: 1 }, stack: "s" };
    expect(sendableError(error, limit)).toBe(error);
  });

  test("lose only what cannot be sent", () => {
    const data: Record<string, unknown> = { kept: [1, { text: "x" }], big: 5n, at: new Date(0), f: () => 1 };
    data.self = { data };
    Object.defineProperty(data, "bad", {
      enumerable: true,
      get: () => {
        throw new Error("unreadable");
      },
    });
    const error = { name: "E", message: "m", code: 422, data };
    expect(sendableError(error, limit)).toEqual({
      ...error,
      data: { kept: [1, { text: "x" }], at: new Date(0).toJSON(), self: {} },
    });
  });

  test("that remain too large lose their data, then their stack, and keep code and type", () => {
    const many = Array.from({ length: 2_000 }, () => "some text");
    const error = { name: "E", message: "m", code: 422, type: "T", data: { many }, stack: "s" };
    expect(sendableError(error, limit)).toEqual({ ...error, data: undefined });
    const longStack = { ...error, stack: "s".repeat(20_000) };
    expect(sendableError(longStack, limit)).toEqual({ name: "E", message: "m", code: 422, type: "T" });
  });

  test("meta that cannot be sent is reduced in the same way", () => {
    expect(sendableMeta({ a: 5n, b: 1 }, limit)).toEqual({ b: 1 });
    expect(sendableMeta(null, limit)).toEqual({});
  });
});

describe("ByteBudget", () => {
  test("grants bytes in the order of arrival, as they are given back", async () => {
    const budget = new ByteBudget(10);
    const granted: string[] = [];
    const take = async (name: string, bytes: number) => {
      const release = await budget.take(bytes);
      granted.push(name);
      return release;
    };
    const first = await take("first", 6);
    const second = take("second", 8);
    const third = take("third", 1);
    expect(granted).toEqual(["first"]);
    first();
    (await second)();
    await third;
    expect(granted).toEqual(["first", "second", "third"]);
  });
});
