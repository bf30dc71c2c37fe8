import { connect } from "node:net";
import { TidegateError } from "@tidegate/core-registry";
import { expect, onTestFinished, test } from "vitest";
import { type Fixture, json, raw, route, start } from "./fixture.ts";

const interim = "HTTP/1.1 100 Continue\r\n\r\n";

function gateway(): Promise<Fixture> {
  return start(
    [
      route("POST", "/text", async ({ body }) => json(await body.text())),
      route("POST", "/raw", async ({ body }) => json((await body.raw().toArray()).join(""))),
      route("POST", "/refused", () => {
        throw new TidegateError("FORBIDDEN");
      }),
      route("POST", "/unread", () => json("not read")),
    ],
    { bodyBytes: 100 },
  );
}

const head = (path: string, ...headers: string[]): string =>
  [`POST ${path} HTTP/1.1`, "host: localhost", "expect: 100-continue", ...headers, "", ""].join("\r\n");

/** Sends the head of a request, and its body once the server asks for it. */
function sendExpecting(fixture: Fixture, text: string, body: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(fixture.listening.port, fixture.listening.host);
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
    if (answer === interim) socket.write(body);
  });
  socket.on("close", () => resolve(answer));
  socket.write(text);
  return promise;
}

test.each(["/text", "/raw"])("S4.3 100 Continue is sent when %s reads the body", async (path) => {
  const text = head(path, "content-length: 2", "connection: close");
  const answer = await sendExpecting(await gateway(), text, "ab");
  expect(answer.startsWith(interim)).toBe(true);
  expect(answer.split("100 Continue")).toHaveLength(2);
  expect(answer).toContain('"ab"');
});

test("S4.3 a chunked body is asked for in the same way", async () => {
  const text = head("/text", "transfer-encoding: chunked", "connection: close");
  const answer = await sendExpecting(await gateway(), text, "2\r\nab\r\n0\r\n\r\n");
  expect(answer.startsWith(interim)).toBe(true);
  expect(answer).toContain('"ab"');
});

test.each([
  ["an unknown route", head("/nowhere", "content-length: 2"), 404],
  ["another method", head("/text", "content-length: 2").replace("POST", "PUT"), 405],
  ["a route that refuses the request", head("/refused", "content-length: 2"), 403],
  ["a route that reads no body", head("/unread", "content-length: 2"), 200],
  ["a body over the limit", head("/text", "content-length: 101"), 413],
  ["a content coding", head("/text", "content-length: 2", "content-encoding: gzip"), 415],
  ["a malformed head", head("/text", "content-length: 2", "host: b"), 400],
])("S4.3 %s gets no 100 Continue, and the connection is closed", async (_what, text, status) => {
  const answer = await raw(await gateway(), text);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).not.toContain("100 Continue");
});

test("S12.5 another expectation answers 417 with a problem document", async () => {
  const text = head("/text", "content-length: 0", "connection: close").replace("100-continue", "200-ok");
  const answer = await raw(await gateway(), text);
  expect(answer).toMatch(/^HTTP\/1\.1 417 /);
  expect(answer).toContain("application/problem+json");
});

test("a client of HTTP/1.0 cannot expect 100 Continue (RFC 9110, 10.1.1)", async () => {
  const text = `${head("/text", "content-length: 2").replace("HTTP/1.1", "HTTP/1.0")}ab`;
  const answer = await raw(await gateway(), text);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});
