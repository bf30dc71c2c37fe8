import { describe, expect, test } from "vitest";
import { type Fixture, json, raw, rawRequest, route, served, start } from "./fixture.ts";

/** A gateway with a route for each method, a branch of its own host, and a page for local clients. */
function gateway(): Promise<Fixture> {
  const echo = route("GET", "/u/:name", ({ params, query }) => json({ ...params, query }));
  return start(
    [],
    { access: { branches: "open" }, branch: { host: { "other.example": "other" } } },
    {
      branches: {
        master: [
          served("11111111", [
            echo,
            route("GET", "/v", () => json("master")),
            route("POST", "/v", async ({ body }) => json(await body.text())),
          ]),
        ],
        other: [served("22222222", [route("GET", "/v", () => json("other"))])],
      },
      pages: [{ method: "GET", path: "/~status", access: "local", handle: () => json("local") }],
    },
  );
}

/** The status of a raw answer, and the problem document or value in its body. */
function parsed(answer: string): { status: number; body: Record<string, unknown> | string } {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body: JSON.parse(body) };
}

async function expectProblem(fixture: Fixture, text: string, status: number, code: string): Promise<void> {
  const answer = await raw(fixture, text);
  expect(parsed(answer)).toMatchObject({ status, body: { status, code } });
  expect(answer).toContain("content-type: application/problem+json");
}

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, "connection: close", ...headers, "", ""].join("\r\n");

describe("S12.5 Host (RFC 9112, 3.2)", () => {
  test.each([
    ["two equal", ["host: localhost", "host: localhost"]],
    ["localhost and a second", ["host: localhost", "host: evil.example"]],
    ["a second and localhost", ["host: evil.example", "Host: localhost"]],
    ["a path", ["host: a b/../"]],
    ["a path without a space", ["host: a/../b"]],
    ["user information", ["host: a@b"]],
    ["an empty one", ["host:"]],
    ["a port above 65535", ["host: a:99999"]],
    ["a port of letters", ["host: a:http"]],
    ["a port alone", ["host: :80"]],
    ["a query", ["host: a?b"]],
    ["a list", ["host: a, b"]],
    ["an incomplete escape", ["host: a%2"]],
    ["an incomplete IPv6 address", ["host: [::1"]],
    ["no IPv6 address in brackets", ["host: [1.2.3.4]"]],
    ["characters beyond ASCII", ["host: exämple"]],
    ["none", []],
  ])("%s answers 400 with a problem document and closes", async (_what, headers) => {
    const fixture = await gateway();
    await expectProblem(fixture, get("/v", ...headers), 400, "BAD_REQUEST");
    await expectProblem(fixture, get("/~status", ...headers), 400, "BAD_REQUEST");
    expect(fixture.found).toEqual([]);
  });

  test.each([
    "localhost",
    "gateway.example:8080",
    "a_b.example",
    "a.example:",
    "a.example:65535",
    "[2001:db8::1]:80",
    "127.0.0.1",
    "caf%C3%A9.example",
  ])("%s is valid", async (host) => {
    expect(parsed(await raw(await gateway(), get("/v", `host: ${host}`)))).toEqual({
      status: 200,
      body: "master",
    });
  });

  test("HTTP/1.0 needs no Host, and is not local without one", async () => {
    const fixture = await gateway();
    expect(parsed(await raw(fixture, "GET /v HTTP/1.0\r\n\r\n")).body).toBe("master");
    expect(parsed(await raw(fixture, "GET /~status HTTP/1.0\r\n\r\n")).status).toBe(404);
  });

  test("a WebSocket upgrade is checked too", async () => {
    const upgrade = ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13"];
    const key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    const text = ["GET /v HTTP/1.1", "host: a", "host: b", ...upgrade, key, "", ""].join("\r\n");
    const fixture = await gateway();
    await expectProblem(fixture, text, 400, "BAD_REQUEST");
    expect(await raw(fixture, text.replace("host: b\r\n", ""))).toContain("HTTP/1.1 404 ");
  });
});

describe("S12.5 absolute URLs as targets (RFC 9112, 3.2.2)", () => {
  test("their host replaces the Host header: for branches and for what is local", async () => {
    const fixture = await gateway();
    const answer = async (url: string, host: string) => parsed(await raw(fixture, get(url, `host: ${host}`)));
    expect(await answer("http://other.example/v", "localhost")).toEqual({ status: 200, body: "other" });
    expect(await answer("http://localhost/v", "other.example")).toEqual({ status: 200, body: "master" });
    expect(await answer("http://localhost/~status", "evil.example")).toEqual({ status: 200, body: "local" });
    expect((await answer("http://evil.example/~status", "localhost")).status).toBe(404);
    expect((await answer("http://other.example/v", "")).body).toBe("other");
    expect((await answer("http://localhost?x=1", "localhost")).status).toBe(404);
  });

  test("their path takes the same steps as any other path", async () => {
    const fixture = await gateway();
    const path = async (text: string) =>
      parsed(await raw(fixture, rawRequest(`GET http://localhost${text}`))).body;
    expect(await path("/u/%252e%252e")).toEqual({ name: "%2e%2e", query: {} });
    expect(await path("/u/..%2fv?a=%20")).toEqual({ name: "../v", query: { a: " " } });
    expect(await path("/u/%2e%2e/v")).toBe("master");
    expect(await path("/u/%ff")).toMatchObject({ status: 400 });
  });

  test.each([
    "http://a@localhost/v",
    "http://localhost:99999/v",
    "http:///v",
    "http:/v",
    "http://local\\host/v",
    "http://[::1/v",
    "ftp://localhost/v",
    "http://localhost/v#x",
    "/v#x",
    "/u/a#/../../v",
    "/u/\u00e4",
  ])("%s answers 400", async (target) => {
    const fixture = await gateway();
    expect(await raw(fixture, rawRequest(`GET ${target}`))).toMatch(/^HTTP\/1\.1 400 /);
    expect(fixture.found).toEqual([]);
  });

  test("an invalid Host beside an absolute URL answers 400", async () => {
    await expectProblem(await gateway(), get("http://localhost/v", "host: a@b"), 400, "BAD_REQUEST");
  });
});

describe("S4.2 S4.3 percent-encoding in a query", () => {
  test.each(["%ff", "%E0%A4%A", "%", "%zz", "a%C0%80", "%ED%A0%80", "%E0&b=%A4%A4"])(
    "?a=%s answers 400 as in a path",
    async (text) => {
      const fixture = await gateway();
      await expectProblem(fixture, get(`/u/x?a=${text}`, "host: localhost"), 400, "BAD_REQUEST");
      await expectProblem(fixture, get(`/u/x?${text}=1`, "host: localhost"), 400, "BAD_REQUEST");
    },
  );

  test("valid escapes are decoded, also U+FFFD itself", async () => {
    const answer = await raw(await gateway(), get("/u/x?a=%EF%BF%BD%F0%9F%98%80+%25ff", "host: localhost"));
    expect(parsed(answer).body).toEqual({ name: "x", query: { a: "\ufffd😀 %ff" } });
  });
});

describe("S4.3 transfer codings (RFC 9112, 6.1)", () => {
  const post = (version: string, ...headers: string[]): string =>
    [`POST /v HTTP/${version}`, "host: localhost", ...headers, "", "2", "ab", "0", "", ""].join("\r\n");

  test.each([
    ["gzip, chunked", 501],
    ["gzip;q=1 ,\tchunked", 501],
    ["deflate, Chunked", 501],
    ["identity, chunked", 501],
  ])("http-02 %s answers %i and closes", async (coding, status) => {
    const fixture = await gateway();
    await expectProblem(fixture, post("1.1", `transfer-encoding: ${coding}`), status, "BAD_REQUEST");
  });

  test("http-02 codings in two headers are one list", async () => {
    const fixture = await gateway();
    const text = post("1.1", "transfer-encoding: gzip", "transfer-encoding: chunked");
    await expectProblem(fixture, text, 501, "BAD_REQUEST");
  });

  test.each(["gzip", "identity", "chunked, identity", "chunked;q=1", "xchunked", "chunked, chunked"])(
    "http-02 %s: the end of the body is unknown, 400",
    async (coding) => {
      const fixture = await gateway();
      expect(await raw(fixture, post("1.1", `transfer-encoding: ${coding}`))).toMatch(/^HTTP\/1\.1 400 /);
      expect(fixture.found).toEqual([]);
    },
  );

  test("http-02 HTTP/1.0 has no transfer codings: 400", async () => {
    await expectProblem(await gateway(), post("1.0", "transfer-encoding: chunked"), 400, "BAD_REQUEST");
  });

  test("the name of the coding has no case; TE and trailers change nothing", async () => {
    const fixture = await gateway();
    const text = post("1.1", "Transfer-Encoding: CHUNKED", "te: gzip", "trailer: host", "connection: close");
    expect(parsed(await raw(fixture, text.replace("0\r\n", "0\r\nhost: evil\r\n"))).body).toBe("ab");
  });
});

describe("S12.5 headers that occur once", () => {
  test.each([
    "content-type",
    "Authorization",
    "user-agent",
    "Referer",
    "range",
    "origin",
    "if-modified-since",
  ])("%s twice answers 400, also with the same value", async (name) => {
    const fixture = await gateway();
    const twice = [`${name}: a`, `${name.toLowerCase()}: a`];
    await expectProblem(fixture, get("/v", "host: localhost", ...twice), 400, "BAD_REQUEST");
  });

  test.each(["accept", "cookie", "x-forwarded-for", "x-own", "via"])("%s can occur twice", async (name) => {
    const text = get("/v", "host: localhost", `${name}: a`, `${name}: b`);
    expect(parsed(await raw(await gateway(), text)).status).toBe(200);
  });
});
