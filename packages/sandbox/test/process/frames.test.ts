import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, longestFrame, readFrames } from "../../src/process/frames.ts";

const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n"));

test("frames come out as they went in, wherever the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(line, { minLength: 1, maxLength: 5 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encodeFrame));
        const seen: string[][] = [];
        const read = readFrames((lines) => seen.push(lines));
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const next = at + (cuts[cut % cuts.length] ?? 1);
          read(stream.subarray(at, next));
          at = next;
        }
        expect(seen).toEqual(frames);
      },
    ),
  );
});

test("a frame that is too long is refused before it is read", () => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(longestFrame, 0);
  expect(() => readFrames(() => {})(head)).toThrow(RangeError);
});
