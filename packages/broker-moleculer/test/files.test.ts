import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { containsFile, prepareParams } from "../src/calls/files.ts";

const options = { streamingToStringEncoding: "base64", streamingToStringLimit: 10 } as const;
const file = (text: string) => ({
  filename: "a.txt",
  mimetype: "text/plain",
  encoding: "7bit",
  createReadStream: () => Readable.from([Buffer.from(text)], { objectMode: false }),
});

describe("files in the params of a call (S8)", () => {
  test("params without a file need no preparation", async () => {
    const params = { a: [1, { b: null }], c: "x" };
    for (const plain of [params, null, undefined, 7, "text", Buffer.from("bytes")])
      expect(containsFile(plain)).toBe(false);
    expect(await prepareParams(params, options)).toEqual({ params });
  });

  test("a stream or a file that is the whole of the params is sent as a stream", async () => {
    const stream = Readable.from(["x"]);
    expect(containsFile(stream)).toBe(true);
    expect(await prepareParams(stream, options)).toEqual({ params: {}, stream });
    const metadata = { filename: "a.txt", mimetype: "text/plain", encoding: "7bit" };
    expect(containsFile(file("one"))).toBe(true);
    expect(await prepareParams(file("one"), options)).toEqual({
      params: metadata,
      metadata,
      stream: expect.any(Readable),
    });
  });

  test("files below the root become text, in their order, at any depth", async () => {
    const params = { title: "t", files: [file("one"), { deep: file("two") }] };
    expect(containsFile(params)).toBe(true);
    const metadata = { filename: "a.txt", mimetype: "text/plain", encoding: "7bit" };
    expect(await prepareParams(params, options)).toEqual({
      params: {
        title: "t",
        files: [
          { ...metadata, buffer: Buffer.from("one").toString("base64") },
          { deep: { ...metadata, buffer: Buffer.from("two").toString("base64") } },
        ],
      },
    });
  });

  test("a file below the root that exceeds the limit is rejected before the call", async () => {
    await expect(prepareParams({ file: file("12345678901") }, options)).rejects.toMatchObject({
      code: "BODY_TOO_LARGE",
      details: { dispatched: false },
    });
  });
});
