import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameDecoder, encodeFrame, maxFrameBytes } from "../../src/process/messages.ts";

const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n"));

test("frames are decoded wherever the stream is split into chunks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(line, { minLength: 1, maxLength: 5 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encodeFrame));
        const seen: string[][] = [];
        const decode = createFrameDecoder((lines) => seen.push(lines));
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const next = at + (cuts[cut % cuts.length] ?? 1);
          decode(stream.subarray(at, next));
          at = next;
        }
        expect(seen).toEqual(frames);
      },
    ),
  );
});

test("a frame that is too long is rejected before it is read", () => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(maxFrameBytes, 0);
  expect(() => createFrameDecoder(() => {})(head)).toThrow(RangeError);
});
