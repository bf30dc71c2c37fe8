/** The longest frame that is taken, in bytes. */
export const longestFrame: number = 128 * 1024 * 1024;

/** Packs lines into one frame: their length in bytes (32 bits, little-endian), then UTF-8 text. Lines hold no line break. */
export function encodeFrame(lines: readonly string[]): Buffer {
  const text = lines.join("\n");
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(4 + length);
  frame.writeUInt32LE(length, 0);
  frame.write(text, 4, length, "utf8");
  return frame;
}

/** Takes chunks as they arrive. */
export type FrameReader = (chunk: Buffer) => void;

/**
 * Unpacks frames from chunks that are cut anywhere.
 *
 * @param each is given the lines of one frame
 * @returns takes chunks; throws a RangeError where a frame is longer than `longestFrame`
 */
export function readFrames(each: (lines: string[]) => void): FrameReader {
  let waiting: Buffer[] = [];
  let held = 0;
  let wanted = 4;
  return (chunk) => {
    waiting.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const bytes = waiting.length === 1 ? waiting[0] : undefined;
      const all = bytes ?? Buffer.concat(waiting, held);
      const end = 4 + all.readUInt32LE(0);
      if (end > longestFrame) throw new RangeError(`A frame of ${end} bytes; at most ${longestFrame}`);
      waiting = [all];
      wanted = end;
      if (held < end) return;
      waiting = held > end ? [all.subarray(end)] : [];
      held -= end;
      wanted = 4;
      each(all.toString("utf8", 4, end).split("\n"));
    }
  };
}
