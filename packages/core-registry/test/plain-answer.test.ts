import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { plainAnswer } from "../src/runtime/plain-answer.ts";

describe("plainAnswer (S4.5, S8)", () => {
  test("returns data that JSON preserves as it is, without a copy", () => {
    for (const value of [{ a: [1, "x", null, true, { b: {} }] }, [], {}, "text", 1, false, null])
      expect(plainAnswer(value)).toBe(value);
  });

  test("does what JSON does, and leaves the given data unchanged", () => {
    const given = { a: new Date(0), b: [undefined, Number.NaN, -0], c: undefined, d: Object(1), e: 1 };
    const before = { ...given };
    expect(plainAnswer(given)).toEqual(JSON.parse(JSON.stringify(given)));
    expect(given).toEqual(before);
    expect(plainAnswer(new Map([[1, 2]]))).toEqual({});
    expect(plainAnswer(undefined)).toBeUndefined();
  });

  test("writes bytes below the root as Base64, and keeps the whole answer and `$body`", () => {
    const bytes = new Uint8Array([0, 255]);
    expect(plainAnswer(bytes)).toBe(bytes);
    expect(plainAnswer({ $body: bytes, $status: 201 })).toEqual({ $body: bytes, $status: 201 });
    expect(plainAnswer({ a: { $body: bytes } })).toEqual({ a: { $body: "AP8=" } });
    expect(plainAnswer([bytes.buffer])).toEqual(["AP8="]);
  });

  test("keeps a stream as the answer; refuses one below the root, and what JSON cannot express", () => {
    const stream = Readable.from(["x"]);
    expect(plainAnswer(stream)).toBe(stream);
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const throwing = {
      toJSON: () => {
        throw new Error("no JSON");
      },
    };
    for (const value of [{ stream }, 5n, [5n], circular, { throwing }])
      expect(() => plainAnswer(value)).toThrow(
        expect.objectContaining({ code: "REPLY_INVALID", status: 500 }),
      );
    expect(() => plainAnswer({ throwing })).toThrow("no JSON");
  });

  test("copies an own member called __proto__ as data", () => {
    const given = JSON.parse('{"__proto__":{"a":1},"b":null}');
    given.b = new Date(0);
    const copy = Object(plainAnswer(given));
    expect(Object.keys(copy)).toEqual(["__proto__", "b"]);
    expect(copy.a).toBeUndefined();
  });
});
