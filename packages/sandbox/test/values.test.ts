import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { decodeResult, encodeArgument } from "../src/values.ts";

const maxLength = 10_000;

describe("S11.1 arguments and results are data", () => {
  test("data is encoded as JSON", () => {
    const argument = { a: [1, null, "x"], b: undefined, c: new Date(0), d: Number.NaN, f: () => 1 };
    expect(encodeArgument(argument, maxLength)).toEqual({ json: JSON.stringify(argument) });
    expect(encodeArgument(undefined, maxLength)).toEqual({ json: "" });
  });

  test("an argument that is too long, too deep or not data is rejected", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => encodeArgument("x".repeat(maxLength), maxLength)).toThrow(
      /10002 characters of JSON; the maximum is 10000/,
    );
    expect(() => encodeArgument(new Array(maxLength).fill({}), maxLength)).toThrow(
      /more than 10000 characters/,
    );
    expect(() => encodeArgument(cycle, maxLength)).toThrow(/deeper than 500 levels/);
    expect(() => encodeArgument({ a: 1n }, maxLength)).toThrow(/not data/);
  });

  test("undefined and null stay distinct", () => {
    expect(decodeResult("", undefined)).toBeUndefined();
    expect(decodeResult("null", undefined)).toBeNull();
  });

  test("sandbox-22 a member __proto__ is left out, at any depth", () => {
    const result = decodeResult('{"a":[{"__proto__":{"polluted":1},"b":1}],"__proto__":2}', undefined);
    expect(result).toEqual({ a: [{ b: 1 }] });
    expect("polluted" in Object.assign({}, result)).toBe(false);
    expect(decodeResult('{"text":"\\"__proto__\\""}', undefined)).toEqual({ text: '"__proto__"' });
  });
});

describe("S2.6 a stream, a file and bytes are opaque tokens", () => {
  test("the sandbox gets their metadata, and a returned token becomes the value again", () => {
    const file = { filename: "a.png", mimetype: "image/png", encoding: "7bit", createReadStream: () => 0 };
    const bytes = Buffer.from("abc");
    const stream = Readable.from([]);
    const { json, tokens } = encodeArgument(
      { file, list: [bytes, file], stream, web: new Blob(["x"]) },
      maxLength,
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

  test("data cannot imitate a token: the nonce is new for each call", () => {
    const bytes = Buffer.from("abc");
    const nonces = [1, 2].map(() => encodeArgument({ bytes }, maxLength).tokens?.nonce);
    expect(new Set(nonces).size).toBe(2);
  });
});
