import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRouters } from "../src/router.ts";
import { normalisePath } from "../src/target.ts";
import { type Fixture, json, raw, rawRequest, route, start } from "./fixture.ts";

function hello(): Promise<Fixture> {
  return start([
    route("GET", "/hello", () => json("hello")),
    route("GET", "/u/:name", ({ params, path }) => json({ params, path })),
    route("POST", "/hello", async ({ body }) => json(await body.text())),
  ]);
}

/** Checks that the server still replies, and has logged no error. */
async function alive(fixture: Fixture): Promise<void> {
  expect(await (await fetch(`${fixture.url}/hello`)).json()).toBe("hello");
  expect(fixture.log).toEqual([]);
}

const head = "POST /hello HTTP/1.1\r\nhost: localhost\r\n";

describe("http-02 ambiguous framing", () => {
  test.each([
    ["length and chunks", `${head}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["an unknown transfer-encoding", `${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["two lengths", `${head}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`],
    ["a signed length", `${head}content-length: +2\r\n\r\nab`],
    ["a folded header", `${head}x-a: 1\r\n 2\r\ncontent-length: 0\r\n\r\n`],
    ["a bare line feed", "GET /hello HTTP/1.1\nhost: localhost\n\n"],
    ["a space before the colon", `${head}x-a : 1\r\ncontent-length: 0\r\n\r\n`],
    ["a bad chunk size", `${head}transfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`],
    ["http-04 no Host header", "GET /hello HTTP/1.1\r\n\r\n"],
    ["not HTTP", "hello there\r\n\r\n"],
  ])("%s answers 400 and closes", async (_what, text) => {
    const fixture = await hello();
    expect(await raw(fixture, text)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    await alive(fixture);
  });
});

describe("http-03 too large heads", () => {
  test.each([
    ["a header of 17 KB", rawRequest("GET /hello", [`x-a: ${"x".repeat(17_000)}`])],
    [
      "2,500 headers",
      rawRequest(
        "GET /hello",
        Array.from({ length: 2500 }, (_, at) => `x-${at}: ${at}`),
      ),
    ],
    ["a URL of 20 KB", rawRequest(`GET /${"x".repeat(20_000)}`)],
  ])("%s answers 431", async (_what, text) => {
    const fixture = await hello();
    expect(await raw(fixture, text)).toMatch(/^HTTP\/1\.1 431 /);
    await alive(fixture);
  });
});

describe("http-06 http-07 params-11 paths", () => {
  test.each([
    ["/u/../hello", 200, '"hello"'],
    ["/u/%2e%2e/hello", 200, '"hello"'],
    ["/u/.%2E/hello", 200, '"hello"'],
    ["/../../hello", 200, '"hello"'],
    ["/./hello/.", 200, '"hello"'],
    ["/hello/", 200, '"hello"'],
    ["/%68ello", 200, '"hello"'],
    ["//hello", 404, "NOT_FOUND"],
    ["/hello//", 404, "NOT_FOUND"],
    ["/u//x", 404, "NOT_FOUND"],
    ["/HELLO", 404, "NOT_FOUND"],
    ["/u/..%2fhello", 200, '{"params":{"name":"../hello"},"path":"/u/..%2Fhello"}'],
    ["/u/..%5chello", 200, '{"params":{"name":"..\\\\hello"},"path":"/u/..%5Chello"}'],
    ["/u/..\\hello", 200, '{"params":{"name":"..\\\\hello"},"path":"/u/..%5Chello"}'],
    ["/u/%252e%252e", 200, '{"params":{"name":"%2e%2e"},"path":"/u/%252e%252e"}'],
    ["/u/a%2Fb", 200, '{"params":{"name":"a/b"},"path":"/u/a%2Fb"}'],
    ["/u/__proto__", 200, '{"params":{"name":"__proto__"},"path":"/u/__proto__"}'],
    ["/u/%00", 400, "BAD_REQUEST"],
    ["/u/%ff", 400, "BAD_REQUEST"],
    ["/u/%", 400, "BAD_REQUEST"],
    ["/u/%zz", 400, "BAD_REQUEST"],
    ["/constructor", 404, "NOT_FOUND"],
    ["/%7Estatus", 404, "NOT_FOUND"],
    ["/.env", 404, "NOT_FOUND"],
  ])("%s answers %i", async (path, status, text) => {
    const fixture = await hello();
    const answer = await raw(fixture, rawRequest(`GET ${path}`));
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer.split("\r\n\r\n")[1]).toContain(text);
    await alive(fixture);
  });

  test("any path is refused, or normalised to a path that normalisation does not change", () => {
    const piece = fc.oneof(
      fc.constantFrom("/", ".", "..", "%2e", "%2F", "%5c", "\\", "~", "%7e", "%", "a", "%c3%a9", "%00"),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const path = `/${pieces.join("")}`;
        let normal: string;
        try {
          normal = normalisePath(path);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/BAD_REQUEST|NOT_FOUND/) });
          return;
        }
        expect(normalisePath(normal)).toBe(normal);
        expect(normal).not.toMatch(/\/\.{1,2}(?:\/|$)|\/\//);
      }),
    );
  });

  test("a router does not throw for any path", () => {
    const routes = ["/a/:b?/:c(\\d+)?", "/:x/*rest", "/a/**"].map((path) =>
      route("GET", path, () => json(1)),
    );
    const router = createRouters({ onInvalidRoute: (_route, problem) => expect.unreachable(problem) })({
      routes: [routes],
    });
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        let normal: string;
        try {
          normal = normalisePath(path === "" ? "/" : path);
        } catch {
          return;
        }
        const match = router.find("GET", normal);
        expect(router.methods(normal)).toEqual(match === undefined ? [] : ["GET"]);
        if (match !== undefined) expect(Object.getPrototypeOf(match.params)).toBeNull();
      }),
    );
  });
});

describe("methods and targets", () => {
  test("http-11 TRACE answers 405 without an echo; CONNECT is closed", async () => {
    const fixture = await hello();
    const trace = await raw(fixture, rawRequest("TRACE /hello", ["x-secret: yes"]));
    expect(trace).toMatch(/^HTTP\/1\.1 405 /);
    expect(trace).not.toContain("x-secret");
    expect(await raw(fixture, "CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n")).not.toContain(
      "200",
    );
    await alive(fixture);
  });

  test.each(["OPTIONS *", "GET http://[bad/hello", "GET ftp://localhost/hello", "GET nonsense"])(
    "%s gets a reply, which is never a 500",
    async (line) => {
      const fixture = await hello();
      expect(await raw(fixture, rawRequest(line))).toMatch(/^HTTP\/1\.1 (?:20\d|4\d\d) /);
      await alive(fixture);
    },
  );

  test("pipelined requests get their replies in order", async () => {
    const fixture = await hello();
    const first = "GET /u/1 HTTP/1.1\r\nhost: localhost\r\n\r\n";
    const answer = await raw(fixture, first + rawRequest("GET /u/2"));
    expect([...answer.matchAll(/"name":"(\d)"/g)].map(([, name]) => name)).toEqual(["1", "2"]);
  });

  test("params-03 a query cannot change a prototype", async () => {
    const { url } = await start([route("GET", "/", ({ query }) => json([Object.keys(query), "x" in {}]))]);
    const response = await fetch(`${url}/?__proto__[x]=1&__proto__=2&constructor=3`);
    expect(await response.json()).toEqual([["__proto__[x]", "__proto__", "constructor"], false]);
  });
});
