import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { withDefaults } from "../../../src/runtime/examples.ts";
import { truncate } from "../../../src/runtime/truncate.ts";

const options = withDefaults({});
const truncated = (value: unknown, more = {}) => truncate(value, { ...options, ...more });

test("S9.10: each option has the default of the specification", () => {
  expect(options).toEqual({
    processIntervalSeconds: 5,
    queueLimit: 50,
    limitPerActions: 10,
    limitPerEvents: 10,
    streamNotation: "*STREAM*",
    omittedNotation: "*OMITTED*",
    omittedLimit: 100,
    redactedNotation: "*REDACTED*",
    redactedParamNameRegExps: [],
  });
});

test.each(["password", "clientSecret", "credentials", "apiKey", "accessToken", "Authorization", "cookie"])(
  "S9.10: the value of a member %s is redacted, whatever it is",
  (name) => {
    for (const secret of ["hunter2", 12345, { deep: ["hunter2"] }, ["hunter2"]])
      expect(truncated({ id: 1, inner: { [name]: secret } })).toEqual({
        id: 1,
        inner: { [name]: "*REDACTED*" },
      });
  },
);

test("S9.10: secrets inside of texts are redacted too", () => {
  const text = truncated([
    '{"password":"hunter2"}',
    "Bearer abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "fine",
  ]);
  expect(text).toEqual(['{"password":*REDACTED*}', "Bearer *REDACTED*", "*REDACTED*", "fine"]);
});

test("S9.10: configured names and notations", () => {
  const own = {
    redactedParamNameRegExps: [/^pin$/g],
    redactedNotation: "?",
    omittedNotation: "...",
    omittedLimit: 3,
  };
  expect(truncated({ pin: 1, pins: "12345", token: "x" }, own)).toEqual({
    pin: "?",
    pins: "123...",
    token: "?",
  });
  expect(truncated({ pin: 1 }, own)).toEqual({ pin: "?" });
});

test("S9.10: streams, files and bytes are replaced by their notation", () => {
  const file = { filename: "a.png", mimetype: "image/png", encoding: "7bit" };
  const streams = {
    readable: Readable.from([]),
    web: new ReadableStream(),
    file: { ...file, createReadStream: () => Readable.from([]) },
    written: { ...file, buffer: "aGVsbG8=" },
    bytes: new Uint8Array(3),
    json: Buffer.from("hi").toJSON(),
  };
  expect(truncated(streams)).toEqual(
    Object.fromEntries(Object.keys(streams).map((name) => [name, "*STREAM*"])),
  );
  expect(truncated(Readable.from([]))).toBe("*STREAM*");
});

test("S9.10: long, wide and deep values are truncated", () => {
  expect(truncated("x".repeat(101))).toBe(`${"x".repeat(100)}*OMITTED*`);
  expect(truncated("x".repeat(100))).toBe("x".repeat(100));
  expect(truncated(Array.from({ length: 1_000_000 }, () => 1))).toEqual([...Array(10).fill(1), "*OMITTED*"]);
  const wide = truncated(
    Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`m${index}`, index])),
  );
  expect(Object.keys(Object(wide))).toHaveLength(51);
  const ring: Record<string, unknown> = {};
  ring.self = ring;
  expect(JSON.stringify(truncated(ring))).toContain("*OMITTED*");
  const tree = (depth: number): unknown =>
    depth === 0 ? "leaf" : Array.from({ length: 10 }, () => tree(depth - 1));
  expect(JSON.stringify(truncated(tree(5))).length).toBeLessThan(10_000);
});

test("S9.10: values that JSON cannot represent are approximated, and nothing throws", () => {
  const value = {
    big: 10n,
    day: new Date(0),
    not: Number.NaN,
    missing: undefined,
    run: () => 1,
    __proto__x: 1,
  };
  expect(truncated(value)).toEqual({ big: "10", day: "1970-01-01T00:00:00.000Z", not: null, __proto__x: 1 });
  const hostile = {
    get name(): string {
      throw new Error("no");
    },
  };
  expect(truncated(hostile)).toBe("*OMITTED*");
  const polluted: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
  expect(Object.getPrototypeOf(truncated(polluted))).toBe(Object.prototype);
});
