import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readAnswer } from "../src/harness/http.ts";
import { makeLoad, type PlannedRequest } from "../src/index.ts";

const planned: PlannedRequest = { method: "GET", path: "/", expected: { status: 200, body: "ok" } };
const never = new AbortController().signal;

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("counts right responses, and respects the limit per connection", async () => {
  const port = await serve((_, response) => response.end("ok"));
  const result = await makeLoad({ port, requests: [planned], connections: 3, limit: 10, signal: never });
  expect(result).toMatchObject({ requests: 30, failed: 0, wrong: 0, faults: [] });
  expect(result.p50).toBeGreaterThan(0);
  expect(result.max).toBeGreaterThanOrEqual(result.p99);
});

test("sends the requests in turn, with their bodies and headers", async () => {
  const seen: string[] = [];
  const port = await serve((request, response) => {
    request.setEncoding("utf8").on("data", (text) => seen.push(`${request.method} ${request.url} ${text}`));
    request.on("end", () => response.end(request.headers["x-one"] === undefined ? "ok" : "one"));
  });
  const one: PlannedRequest = {
    method: "POST",
    path: "/one",
    headers: { "x-one": "1" },
    body: "über",
    expected: { status: 200, body: "one" },
  };
  const requests = [one, planned];
  const result = await makeLoad({ port, requests, connections: 1, limit: 4, signal: never });
  expect(result).toMatchObject({ requests: 4, wrong: 0 });
  expect(seen).toEqual(["POST /one über", "POST /one über"]);
});

test("detects wrong responses by status and by body", async () => {
  let count = 0;
  const port = await serve((_, response) => {
    count++;
    if (count === 2) response.statusCode = 503;
    response.end(count === 3 ? "no" : "ok");
  });
  const result = await makeLoad({ port, requests: [planned], connections: 1, limit: 4, signal: never });
  expect(result).toMatchObject({
    requests: 4,
    failed: 0,
    wrong: 2,
    faults: ["GET /: 503 ok", "GET /: 200 no"],
  });
});

test("counts a connection that ends without a response, and opens another one", async () => {
  let count = 0;
  const port = await serve((_, response) => {
    count++;
    if (count === 2) response.destroy();
    else response.end("ok");
  });
  const result = await makeLoad({ port, requests: [planned], connections: 1, limit: 3, signal: never });
  expect(result).toMatchObject({ requests: 3, failed: 1, wrong: 0 });
});

test("a connection that the server closes after its response is not a failure", async () => {
  const port = await serve((_, response) => response.setHeader("connection", "close").end("ok"));
  const result = await makeLoad({ port, requests: [planned], connections: 1, limit: 3, signal: never });
  expect(result).toMatchObject({ requests: 3, failed: 0, wrong: 0 });
});

test("stops on abort after the responses to running requests", async () => {
  const ending = new AbortController();
  let count = 0;
  const port = await serve((_, response) => {
    if (++count === 20) ending.abort();
    response.end("ok");
  });
  const result = await makeLoad({ port, requests: [planned], connections: 2, signal: ending.signal });
  expect(result).toMatchObject({ requests: count, failed: 0, wrong: 0 });
});

test("parses a response only when it is complete", () => {
  const whole = Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nconnection: close\r\n\r\nabc");
  for (let length = 0; length < whole.length; length++)
    expect(readAnswer(whole.subarray(0, length))).toBeUndefined();
  expect(readAnswer(whole)).toEqual({ status: 404, body: Buffer.from("abc"), closes: true });
  expect(() => readAnswer(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))).toThrow(
    "Chunked",
  );
});
