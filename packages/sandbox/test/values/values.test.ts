import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { encodeArgument } from "../../src/values/argument.ts";
import { decodeResult } from "../../src/values/result.ts";

const longest = 10_000;

describe("S11.1 arguments and results are data", () => {
  test("data is passed as JSON has it", () => {
    const argument = { a: [1, null, "x"], b: undefined, c: new Date(0), d: Number.NaN, f: () => 1 };
    expect(encodeArgument(argument, longest)).toEqual({ json: JSON.stringify(argument) });
    expect(encodeArgument(undefined, longest)).toEqual({ json: "" });
  });

  test("an argument that is too long, too deep or no data is refused", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => encodeArgument("x".repeat(longest), longest)).toThrow(
      /10002 characters of JSON; at most 10000/,
    );
    expect(() => encodeArgument(new Array(longest).fill({}), longest)).toThrow(/more than 10000 characters/);
    expect(() => encodeArgument(cycle, longest)).toThrow(/deeper than 500 levels/);
    expect(() => encodeArgument({ a: 1n }, longest)).toThrow(/no data/);
  });

  test("undefined and null stay different", () => {
    expect(decodeResult("", undefined)).toBeUndefined();
    expect(decodeResult("null", undefined)).toBeNull();
  });

  test("S22 a member __proto__ is left out, at any depth", () => {
    const result = decodeResult('{"a":[{"__proto__":{"polluted":1},"b":1}],"__proto__":2}', undefined);
    expect(result).toEqual({ a: [{ b: 1 }] });
    expect("polluted" in Object.assign({}, result)).toBe(false);
    expect(decodeResult('{"text":"\\"__proto__\\""}', undefined)).toEqual({ text: '"__proto__"' });
  });
});

describe("S2.6 a stream, a file and bytes are opaque tokens", () => {
  test("they are described, and the values come back for them", () => {
    const file = { filename: "a.png", mimetype: "image/png", encoding: "7bit", createReadStream: () => 0 };
    const bytes = Buffer.from("abc");
    const stream = Readable.from([]);
    const { json, tokens } = encodeArgument(
      { file, list: [bytes, file], stream, web: new Blob(["x"]) },
      longest,
    );
    const nonce = tokens?.nonce ?? "";
    expect(JSON.parse(json)).toEqual({
      file: { filename: "a.png", mimetype: "image/png", encoding: "7bit", [nonce]: 0 },
      list: [
        { byteLength: 3, [nonce]: 1 },
        { filename: "a.png", mimetype: "image/png", encoding: "7bit", [nonce]: 0 },
      ],
      stream: { [nonce]: 2 },
      web: { size: 1, type: "", [nonce]: 3 },
    });
    const result = decodeResult(`{"it":{"${nonce}":0},"all":[{"${nonce}":1},{"${nonce}":2}]}`, tokens);
    expect(result).toEqual({ it: file, all: [bytes, stream] });
  });

  test("data cannot be taken for one: the mark is new for each call", () => {
    const bytes = Buffer.from("abc");
    const marks = [1, 2].map(() => encodeArgument({ bytes }, longest).tokens?.nonce);
    expect(new Set(marks).size).toBe(2);
  });
});
