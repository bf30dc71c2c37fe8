import { Readable } from "node:stream";
import type { Finding } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { literalReply, replyOf } from "../src/reply.ts";

const reports: Finding[] = [];
const reporter = {
  jsonPath: "protocol.REST.routes[0]",
  report: (finding: Finding) => void reports.push(finding),
};
const reply = (value: unknown) => {
  reports.length = 0;
  return replyOf(value, reporter);
};
const json = [["content-type", "application/json; charset=utf-8"]];
const text = [["content-type", "text/plain; charset=utf-8"]];
const octets = [["content-type", "application/octet-stream"]];
const byteStream = (...chunks: string[]) => Readable.from(chunks, { objectMode: false });

describe("S4.4 responses", () => {
  test.each([
    [{ a: 1 }, json, '{"a":1}'],
    [[1, 2], json, "[1,2]"],
    [5, json, "5"],
    [false, json, "false"],
    ["hello", text, "hello"],
    ["", text, ""],
  ])("%j", (value, headers, body) => {
    expect(reply(value)).toEqual({ status: 200, headers, body });
  });

  test.each([null, undefined])("%j without $status is 204", (value) => {
    expect(reply(value)).toEqual({ status: 204, headers: [], body: null });
  });

  test("bytes are sent as an octet-stream", () => {
    expect(reply(Buffer.from("x"))).toEqual({ status: 200, headers: octets, body: Buffer.from("x") });
    expect(reply(new Uint8Array([1]).buffer)).toMatchObject({ headers: octets, body: new Uint8Array([1]) });
  });

  test("streams of every kind are streamed", async () => {
    const stream = byteStream("x");
    expect(reply(stream)).toEqual({ status: 200, headers: octets, body: stream });
    expect(reply({ createReadStream: () => stream }).body).toBe(stream);
    expect(reply({ $status: 206, $headers: { "Content-Type": "image/png" }, $body: stream })).toEqual({
      status: 206,
      headers: [["content-type", "image/png"]],
      body: stream,
    });
    const web = reply(new Blob(["web"]).stream()).body;
    expect(web).toBeInstanceOf(Readable);
    expect(Buffer.concat(await (web as Readable).toArray()).toString()).toBe("web");
    stream.destroy();
  });

  test("the chunks of a stream can be text and every kind of bytes", async () => {
    const { body } = reply(
      Readable.from([
        "a",
        Buffer.from("b"),
        Uint8Array.of(99).buffer,
        new DataView(Uint8Array.of(100).buffer),
      ]),
    );
    expect(Buffer.concat(await (body as Readable).toArray()).toString()).toBe("abcd");
    expect(reports).toEqual([]);
  });

  test("a file and a stream can carry directives", () => {
    const stream = byteStream("x");
    const $headers = { "Content-Type": "text/html; charset=utf-8" };
    const headers = [["content-type", "text/html; charset=utf-8"]];
    expect(reply({ createReadStream: () => stream, $headers })).toEqual({
      status: 200,
      headers,
      body: stream,
    });
    expect(reply(Object.assign(stream, { $headers, $status: 206 }))).toEqual({
      status: 206,
      headers,
      body: stream,
    });
    stream.destroy();
  });

  test("$status, $headers and $body determine the reply", () => {
    expect(
      reply({ $status: 201, $headers: { "X-A": ["1", 2], "x-b": true, "x-c": null }, $body: { a: 1 } }),
    ).toEqual({
      status: 201,
      headers: [...json, ["x-a", "1"], ["x-a", "2"], ["x-b", "true"]],
      body: '{"a":1}',
    });
    expect(reply({ $status: 404, $body: null })).toEqual({ status: 404, headers: [], body: null });
    expect(reply({ $body: "hi" })).toEqual({ status: 200, headers: text, body: "hi" });
    expect(reply({ $body: null })).toEqual({ status: 204, headers: [], body: null });
  });

  test("without $body the remaining members are the body", () => {
    expect(reply({ $status: 202, a: 1 })).toEqual({ status: 202, headers: json, body: '{"a":1}' });
    expect(reply({ $status: 303, $headers: { Location: "/x" } })).toEqual({
      status: 303,
      headers: [["location", "/x"]],
      body: null,
    });
    expect(reply({ $status: 404, $headers: undefined, $body: undefined })).toEqual({
      status: 404,
      headers: [],
      body: null,
    });
  });

  test("a header called Status is an ordinary header", () => {
    expect(reply({ $headers: { Status: "200 OK" }, $body: "x" }).headers).toContainEqual([
      "status",
      "200 OK",
    ]);
  });

  test.each([204, 205, 304])("%d has no body; a stream is destroyed", (status) => {
    const stream = Readable.from(["x"]);
    expect(reply({ $status: status, $body: stream }).body).toBe(null);
    expect(stream.destroyed).toBe(true);
  });

  test("a literal reply ignores directives", () => {
    expect(literalReply({ $status: 500 }, reporter)).toEqual({
      status: 200,
      headers: json,
      body: '{"$status":500}',
    });
  });
});

describe("S4.5 what a service cannot send", () => {
  test("framing and hop-by-hop headers are dropped and reported", () => {
    const names = [
      "Content-Length",
      "Transfer-Encoding",
      "Connection",
      "Keep-Alive",
      "Upgrade",
      "TE",
      "Trailer",
      "Proxy-Authenticate",
    ];
    const headers = Object.fromEntries(names.map((name) => [name, "3"]));
    expect(reply({ $headers: { ...headers, "x-ok": "1" }, $body: "long text" }).headers).toEqual([
      ...text,
      ["x-ok", "1"],
    ]);
    expect(reports).toMatchObject([
      { severity: "warning", code: "HEADER_DROPPED", jsonPath: reporter.jsonPath },
    ]);
    expect(reports[0]?.found).toBe(names.join(", ").toLowerCase());
  });

  test.each([
    { "x-a": "a\r\nset-cookie: b=c" },
    { "x-a": "a\nb" },
    { "x-a": "a\0" },
    { "x-a": ["ok", "a\r"] },
    { "x a": "1" },
    { "": "1" },
    { "x-a:": "1" },
    { "x-a": {} },
    { "x-a": "日\r\n本" },
    { "content-disposition": 'attachment; filename="日\0.pdf"' },
    "text",
    [],
    5,
  ])("the headers %j are rejected: 500 and a report", (headers) => {
    expect(() => reply({ $headers: headers, $body: 1 })).toThrow(
      expect.objectContaining({ code: "REPLY_INVALID", status: 500 }),
    );
    expect(reports).toMatchObject([
      { severity: "error", code: "REPLY_INVALID", jsonPath: reporter.jsonPath },
    ]);
  });

  test.each([
    ["a stream of objects", () => Readable.from([{ a: 1 }]), "an object"],
    ["a stream of numbers", () => Readable.from([1, 2]), "a number"],
    ["a web stream of lists", () => ReadableStream.from([[1]]), "a list"],
    ["a stream that begins with text", () => Readable.from(["a", true]), "a boolean"],
    ["a file with a stream of objects", () => ({ createReadStream: () => Readable.from([{}]) }), "an object"],
    ["an object stream as the body", () => ({ $status: 201, $body: Readable.from([{}]) }), "an object"],
  ])("%s fails with one report, and the service's stream ends", async (_what, make, found) => {
    const { body } = reply(make());
    const message = `The reply cannot be sent. Its stream contains ${found}; expected text or bytes.`;
    await expect((body as Readable).toArray()).rejects.toMatchObject({ code: "REPLY_INVALID", message });
    expect(reports).toEqual([
      { severity: "error", code: "REPLY_INVALID", jsonPath: reporter.jsonPath, message },
    ]);
  });

  test("a client that is gone ends the service's stream of text", async () => {
    const stream = Readable.from(["a", "b"]);
    const { promise, resolve } = Promise.withResolvers<void>();
    stream.once("close", resolve);
    (reply(stream).body as Readable).destroy();
    await promise;
    expect(reports).toEqual([]);
  });

  test.each([
    [
      'attachment; filename="日本.pdf"',
      `attachment; filename="__.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf`,
    ],
    [
      "attachment; filename=日本 1.pdf",
      `attachment; filename="__ 1.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%201.pdf`,
    ],
    [
      'inline; name="a"; filename="😀 \\"é\\" (1)*.txt";',
      `inline; name="a"; filename="_ \\"_\\" (1)*.txt"; filename*=UTF-8''%F0%9F%98%80%20%22%C3%A9%22%20%281%29%2A.txt`,
    ],
    [
      `attachment; filename="日.pdf"; FileName*=UTF-8''%E6%97%A5.pdf`,
      `attachment; filename="_.pdf"; FileName*=UTF-8''%E6%97%A5.pdf`,
    ],
    [`attachment; filename*=UTF-8''日%20本.pdf`, `attachment; filename*=UTF-8''%E6%97%A5%20%E6%9C%AC.pdf`],
    ['attachment; filename="\ud800.pdf"', `attachment; filename="_.pdf"; filename*=UTF-8''%EF%BF%BD.pdf`],
  ])("content-disposition %s is encoded (RFC 8187)", (given, sent) => {
    const { headers } = reply({ $headers: { "Content-Disposition": given }, $body: "x" });
    expect(headers).toEqual([...text, ["content-disposition", sent]]);
    expect(reports).toEqual([]);
  });

  test("a latin1 value is sent as it is", () => {
    const value = 'attachment; filename="é.pdf"';
    expect(reply({ $headers: { "content-disposition": value, "x-a": "é" }, $body: "x" }).headers).toEqual([
      ...text,
      ["content-disposition", value],
      ["x-a", "é"],
    ]);
  });

  test("a value beyond latin1 that cannot be encoded is dropped with a report", () => {
    const $headers = {
      "X-A": "☃",
      "x-b": ["1", "日本"],
      "content-disposition": 'attachment; filename="日',
      location: "/日本",
      "x-c": "1",
    };
    expect(reply({ $headers, $body: "x" }).headers).toEqual([...text, ["x-b", "1"], ["x-c", "1"]]);
    expect(reports).toMatchObject([
      {
        severity: "warning",
        code: "HEADER_DROPPED",
        message:
          "HTTP can carry no characters beyond latin1 in x-a, x-b, content-disposition, location; removed " +
          "from the reply.",
        found: "x-a, x-b, content-disposition, location",
      },
    ]);
  });

  test.each([100, 101, 99, 199, 600, 999, Number.NaN, 200.5, "200", true, {}, -1])(
    "$status %j is rejected",
    (status) => {
      const stream = Readable.from(["x"]);
      expect(() => reply({ $status: status, $body: stream })).toThrow(
        expect.objectContaining({ code: "REPLY_INVALID" }),
      );
      expect(stream.destroyed).toBe(true);
      expect(reports).toHaveLength(1);
    },
  );

  test.each([200, 299, 404, 599])("$status %d is sent", (status) => {
    expect(reply({ $status: status }).status).toBe(status);
  });

  test("values that JSON cannot express are rejected", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const value of [cycle, { n: 1n }, () => 1, Symbol("s"), { createReadStream: () => "no stream" }]) {
      expect(() => reply(value)).toThrow(expect.objectContaining({ code: "REPLY_INVALID" }));
      expect(reports).toHaveLength(1);
    }
  });
});
