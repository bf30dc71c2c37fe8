import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { start } from "./fixture.ts";
import { closeOf, dial, dialRaw, echo, frame, frames, socketRoute } from "./socket-fixture.ts";

const text = 1;
const binary = 2;
const close = 8;
const ping = 9;
const pong = 10;

function code(number: number, reason = ""): Buffer {
  return Buffer.concat([Buffer.from([number >> 8, number & 0xff]), Buffer.from(reason)]);
}

interface Sending {
  /** How many bytes are written at a time. Default all. */
  readonly chunk?: number;
  /** Number of received frames after which the client closes. Default: it does not. */
  readonly closeAfter?: number;
}

/** The frames that the server sends back until it closes the connection. */
async function answerTo(
  sent: readonly Buffer[],
  { chunk, closeAfter }: Sending = {},
): Promise<readonly (readonly [number, string | number])[]> {
  const fixture = await start([socketRoute("/ws", echo)]);
  const client = await dialRaw(fixture, "/ws");
  const bytes = Buffer.concat(sent);
  const step = chunk ?? bytes.length;
  for (let at = 0; at < bytes.length; at += step) client.socket.write(bytes.subarray(at, at + step));
  if (closeAfter !== undefined) {
    while (frames(client.received()).length < closeAfter) await once(client.socket, "data");
    client.socket.write(frame(close, code(1000)));
  }
  await client.closed;
  expect(fixture.log).toEqual([]);
  return frames(client.received()).map(({ opcode, payload }) => [
    opcode,
    opcode === close && payload.length > 1 ? payload.readUInt16BE(0) : String(payload),
  ]);
}

describe("RFC 6455 raw frames", () => {
  test("messages in one frame and in fragments, with a ping between, also sent byte by byte", async () => {
    const sent = [
      frame(text, "whole"),
      frame(text, "in ", { fin: false }),
      frame(ping, "?"),
      frame(0, "three ", { fin: false }),
      frame(0, "parts"),
      frame(binary, Buffer.from([0, 255])),
      frame(text, ""),
    ];
    const answer: (readonly [number, unknown])[] = [
      [text, "whole"],
      [text, "in three parts"],
      [binary, String(Buffer.from([0, 255]))],
      [text, ""],
      [close, 1000],
    ];
    for (const chunk of [undefined, 1]) {
      const all = await answerTo(sent, { closeAfter: 5, ...(chunk === undefined ? {} : { chunk }) });
      // A pong can be sent before messages that wait.
      const isMessage = ([opcode]: readonly [number, unknown]): boolean => opcode !== pong;
      expect(all.filter(isMessage)).toEqual(answer);
      expect(all).toContainEqual([pong, "?"]);
    }
  });

  test.each([
    [
      "a character split between fragments",
      [frame(text, Buffer.from([0xe2, 0x82]), { fin: false }), frame(0, Buffer.from([0xac]))],
    ],
    ["65,536 bytes with a 64-bit length", [frame(text, "x".repeat(65_536))]],
  ])("%s is received", async (_what, sent) => {
    const [first] = await answerTo(sent, { closeAfter: 1 });
    expect(first?.[0]).toBe(text);
    expect(["€", "x".repeat(65_536)]).toContain(first?.[1]);
  });

  test.each([
    ["an unmasked frame", [frame(text, "x", { masked: false })], 1002],
    ["a reserved bit", [frame(text, "x", { reserved: 4 })], 1002],
    ["an unknown opcode", [frame(3, "x")], 1002],
    ["an unknown control opcode", [frame(11, "")], 1002],
    ["a continuation without a start", [frame(0, "x")], 1002],
    ["a message within a message", [frame(text, "a", { fin: false }), frame(text, "b")], 1002],
    ["a ping in fragments", [frame(ping, "x", { fin: false })], 1002],
    ["a ping of 126 bytes", [frame(ping, "x".repeat(126))], 1002],
    ["a close of one byte", [frame(close, "x")], 1002],
    ["a close with a code that cannot be sent", [frame(close, code(1005))], 1002],
    ["a close with an invalid code", [frame(close, code(999))], 1002],
    [
      "a close with a reason of invalid UTF-8",
      [frame(close, Buffer.concat([code(1000), Buffer.from([0xff])]))],
      1007,
    ],
    ["text of invalid UTF-8", [frame(text, Buffer.from([0xc3, 0x28]))], 1007],
    ["text that ends inside a character", [frame(text, Buffer.from([0xe2, 0x82]))], 1007],
    ["websocket-03 a frame of 101 MB", [frame(binary, "", { claimed: 101 * 1024 ** 2 })], 1009],
    [
      "a message over the limit in fragments",
      [frame(binary, Buffer.alloc(1024 ** 2), { fin: false }), frame(0, "x")],
      1009,
    ],
    [
      "20,000 fragments",
      [
        frame(text, "", { fin: false }),
        ...Array.from({ length: 20_000 }, () => frame(0, "", { fin: false })),
      ],
      1008,
    ],
  ])("%s: %#", async (_what, sent, closedWith) => {
    expect((await answerTo(sent)).at(-1)).toEqual([close, closedWith]);
  });

  test.each([
    ["without a code", "", 0],
    ["with one", code(3000, "bye"), 3000],
  ])("a close %s is answered", async (_what, payload, number) => {
    const [only] = await answerTo([frame(close, payload)]);
    expect(only).toEqual([close, number === 0 ? "" : number]);
  });

  test("a frame after the close is ignored", async () => {
    expect(await answerTo([frame(close, code(1000)), frame(text, "late")])).toEqual([[close, 1000]]);
  });
});

test("websocket-03 a message of maxPayload bytes is received, one byte more closes with 1009", async () => {
  const fixture = await start([socketRoute("/ws", echo)], { webSocket: { maxPayload: 1000 } });
  const client = await dial(fixture, "/ws");
  const closed = closeOf(client);
  client.send("x".repeat(1000));
  client.send("y".repeat(1001));
  expect(await closed).toEqual([1009, ""]);
});
