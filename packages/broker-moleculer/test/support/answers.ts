import { Readable } from "node:stream";
import { isTidegateError } from "@tidegate/core-registry";

/** An answer of an action and what clients see of it. */
export interface AnswerCase {
  readonly name: string;
  /** Creates the answer. */
  readonly make: () => unknown;
  /** What `describeAnswer` returns for it, wherever the service runs. */
  readonly seen: string;
  /** What it returns for a remote service without the preset. Default: the same. */
  readonly withoutPreset?: string;
}

const bytes = new Uint8Array([0, 1, 254, 255]);
const text = Buffer.from(bytes).toString("base64");
const noReply = "REPLY_INVALID 500";

function circular(): object {
  const value: Record<string, unknown> = { name: "x" };
  value.self = value;
  return value;
}

class Money {
  readonly #currency = "EUR";
  readonly amount = 5;

  get currency(): string {
    return this.#currency;
  }
}

/** Returns JSON text without a fixed form: only that a service without the preset sends something else. */
const other = "other";

/** Answers of every type, and what clients see of them (S4.5, S8). */
export const answerCases: readonly AnswerCase[] = [
  { name: "a Buffer", make: () => Buffer.from(bytes), seen: `bytes ${text}` },
  { name: "a Uint8Array", make: () => new Uint8Array(bytes), seen: `bytes ${text}`, withoutPreset: other },
  {
    name: "a part of a larger array",
    make: () => new Uint8Array([9, ...bytes, 9]).subarray(1, 5),
    seen: `bytes ${text}`,
    withoutPreset: other,
  },
  { name: "an ArrayBuffer", make: () => bytes.slice().buffer, seen: `bytes ${text}`, withoutPreset: other },
  {
    name: "a Uint16Array",
    make: () => new Uint16Array(bytes.slice().buffer),
    seen: `bytes ${text}`,
    withoutPreset: other,
  },
  {
    name: "a DataView",
    make: () => new DataView(bytes.slice().buffer),
    seen: `bytes ${text}`,
    withoutPreset: other,
  },
  { name: "a Buffer below the root", make: () => ({ a: [Buffer.from(bytes)] }), seen: `{"a":["${text}"]}` },
  { name: "an empty Buffer below the root", make: () => ({ a: Buffer.alloc(0) }), seen: '{"a":""}' },
  {
    name: "a Uint8Array below the root",
    make: () => ({ a: new Uint8Array(bytes), b: 1 }),
    seen: `{"a":"${text}","b":1}`,
    withoutPreset: other,
  },
  {
    name: "an ArrayBuffer below the root",
    make: () => [{ a: bytes.slice().buffer }],
    seen: `[{"a":"${text}"}]`,
    withoutPreset: other,
  },
  {
    name: "a Float64Array below the root",
    make: () => ({ a: new Float64Array([1]) }),
    seen: '{"a":"AAAAAAAA8D8="}',
    withoutPreset: other,
  },
  {
    name: "bytes as `$body`",
    make: () => ({ $status: 201, $body: Buffer.from(bytes) }),
    seen: `$body ${text}`,
  },
  {
    name: "data that resembles a Buffer",
    make: () => ({ type: "Buffer", data: "x" }),
    seen: '{"type":"Buffer","data":"x"}',
  },
  {
    name: "data that resembles a Buffer and has more members",
    make: () => ({ a: { type: "Buffer", data: [1], size: 1 } }),
    seen: '{"a":{"type":"Buffer","data":[1],"size":1}}',
  },
  {
    name: "data that resembles a Buffer with other numbers",
    make: () => ({ type: "Buffer", data: [1, 256] }),
    seen: '{"type":"Buffer","data":[1,256]}',
  },
  { name: "a Date", make: () => new Date(0), seen: '"1970-01-01T00:00:00.000Z"' },
  {
    name: "a Date below the root",
    make: () => ({ at: new Date(0) }),
    seen: '{"at":"1970-01-01T00:00:00.000Z"}',
  },
  { name: "an invalid Date", make: () => ({ at: new Date(Number.NaN) }), seen: '{"at":null}' },
  { name: "NaN", make: () => Number.NaN, seen: "null" },
  {
    name: "numbers that JSON does not have",
    make: () => ({ a: Number.NaN, b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], c: -0 }),
    seen: '{"a":null,"b":[null,null],"c":0}',
  },
  { name: "a BigInt", make: () => 5n, seen: noReply, withoutPreset: "SERVICE_ERROR 500" },
  {
    name: "a BigInt below the root",
    make: () => ({ a: [5n] }),
    seen: noReply,
    withoutPreset: "SERVICE_ERROR 500",
  },
  { name: "a Map", make: () => new Map([["a", 1]]), seen: "{}" },
  {
    name: "a Map and a Set below the root",
    make: () => ({ a: new Map([[1, 2]]), b: new Set([1]) }),
    seen: '{"a":{},"b":{}}',
  },
  {
    name: "an object with `toJSON`",
    make: () => ({ a: { toJSON: () => ({ b: 1 }) } }),
    seen: '{"a":{"b":1}}',
  },
  {
    name: "an object whose `toJSON` returns bytes",
    make: () => ({ a: { toJSON: () => new Uint8Array(bytes) } }),
    seen: `{"a":"${text}"}`,
    withoutPreset: other,
  },
  {
    name: "an object whose `toJSON` throws",
    make: () => ({
      a: {
        toJSON: () => {
          throw new Error("no JSON");
        },
      },
    }),
    seen: noReply,
    withoutPreset: "SERVICE_ERROR 500",
  },
  { name: "an instance of a class", make: () => ({ price: new Money() }), seen: '{"price":{"amount":5}}' },
  {
    name: "members that JSON leaves out",
    make: () => ({ a: undefined, b: () => 1, c: Symbol("c"), d: [undefined, () => 1], e: 1 }),
    seen: '{"d":[null,null],"e":1}',
  },
  {
    name: "boxed values",
    make: () => ({ a: Object(1), b: Object("x"), c: Object(true) }),
    seen: '{"a":1,"b":"x","c":true}',
  },
  {
    name: "a member called __proto__",
    make: () => JSON.parse('{"__proto__":{"a":1}}'),
    seen: '{"__proto__":{"a":1}}',
  },
  { name: "a text with a lone surrogate", make: () => "\ud800", seen: '"\\ud800"' },
  { name: "nothing", make: () => undefined, seen: "null" },
  { name: "circular data", make: circular, seen: noReply, withoutPreset: "SERVICE_ERROR 500" },
  {
    name: "circular data with bytes",
    make: () => Object.assign(circular(), { b: bytes }),
    seen: noReply,
    withoutPreset: "SERVICE_ERROR 500",
  },
  {
    name: "a stream below the root",
    make: () => ({ a: Readable.from(["x"]) }),
    seen: noReply,
    withoutPreset: other,
  },
  {
    name: "a file below the root",
    make: () => ({ a: [{ filename: "x", createReadStream: () => Readable.from(["x"]) }] }),
    seen: noReply,
    withoutPreset: other,
  },
];

/** What a client sees of an answer: bytes as Base64, all else as JSON, errors as code and status. */
export async function describeAnswer(call: Promise<unknown>): Promise<string> {
  try {
    const answer = await call;
    if (answer instanceof Uint8Array || ArrayBuffer.isView(answer)) return `bytes ${toBase64(answer)}`;
    if (answer instanceof ArrayBuffer) return `bytes ${Buffer.from(answer).toString("base64")}`;
    const body = Object(answer).$body;
    if (body instanceof Uint8Array) return `$body ${toBase64(body)}`;
    return JSON.stringify(answer ?? null);
  } catch (error) {
    if (isTidegateError(error)) return `${error.code} ${error.status}`;
    throw error;
  }
}

function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
