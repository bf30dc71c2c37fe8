import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { outgoing } from "../src/files.ts";

const inline = { encoding: "base64", limit: 10 } as const;
const file = (text: string) => ({
  filename: "a.txt",
  mimetype: "text/plain",
  encoding: "7bit",
  createReadStream: () => Readable.from([Buffer.from(text)], { objectMode: false }),
});

describe("files on their way to an action (S8)", () => {
  test("params without a file travel as they are, at once", () => {
    const params = { a: [1, { b: null }], c: "x" };
    expect(outgoing(params, inline)).toEqual({ params });
    for (const plain of [null, undefined, 7, "text", Buffer.from("bytes")])
      expect(outgoing(plain, inline)).toEqual({ params: plain });
  });

  test("a stream that is the whole of params is streamed", async () => {
    const stream = Readable.from(["x"]);
    expect(await outgoing(stream, inline)).toEqual({ params: {}, stream });
  });

  test("files below the root become text, in their order, whatever the depth", async () => {
    const ready = await outgoing({ title: "t", files: [file("one"), { deep: file("two") }] }, inline);
    const shown = { filename: "a.txt", mimetype: "text/plain", encoding: "7bit" };
    expect(ready).toEqual({
      params: {
        title: "t",
        files: [
          { ...shown, buffer: Buffer.from("one").toString("base64") },
          { deep: { ...shown, buffer: Buffer.from("two").toString("base64") } },
        ],
      },
    });
  });

  test("a file below the root that is over the limit is refused, and not dispatched", async () => {
    await expect(outgoing({ file: file("12345678901") }, inline)).rejects.toMatchObject({
      code: "BODY_TOO_LARGE",
      details: { dispatched: false },
    });
  });
});
