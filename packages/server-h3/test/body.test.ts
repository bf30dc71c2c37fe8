import { request } from "node:http";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonErrorOffset, parseJson } from "../src/request/json.ts";
import { type Fixture, json, problem, raw, route, start } from "./fixture.ts";

function reader(options: { bodyBytes?: number; streamBytes?: number } = {}): Promise<Fixture> {
  return start(
    [
      route("POST", "/json", async ({ body }) =>
        json({ type: body.type ?? null, value: (await body.json()) ?? null }),
      ),
      route("POST", "/any", async ({ body }) => json((await body.json("any")) ?? null)),
      route("POST", "/text", async ({ body }) => json(await body.text())),
      route("POST", "/form", async ({ body }) => json(await body.form())),
      route("POST", "/raw", async ({ body }) => json((await text(body.raw())).length)),
      route("POST", "/parts", async ({ body }) => json(body.parts())),
      route("POST", "/twice", async ({ body }) => json([await body.text(), await body.text()])),
      route("POST", "/unread", () => json("not read")),
    ],
    options,
  );
}

function post(
  url: string,
  body: RequestInit["body"],
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers,
    ...(body === undefined ? {} : { body }),
    duplex: "half",
  } as RequestInit);
}

const asJson = { "content-type": "application/json" };

describe("S4.3 bodies", () => {
  test("JSON; the media type has no parameters", async () => {
    const { url } = await reader();
    const response = await post(`${url}/json`, '\ufeff{"a":[1]}', {
      "content-type": "Application/JSON; charset=UTF-8",
    });
    expect(await response.json()).toEqual({ type: "application/json", value: { a: [1] } });
  });

  test("no body has no type; a body without Content-Type is application/octet-stream", async () => {
    const { url } = await reader();
    expect(await (await post(`${url}/json`, undefined)).json()).toEqual({ type: null, value: null });
    expect(await (await post(`${url}/json`, Buffer.from("1"))).json()).toEqual({
      type: "application/octet-stream",
      value: 1,
    });
  });

  test("S3.2 numbers that would change are refused, unless the route asks for any numbers", async () => {
    const { url } = await reader();
    const body = '{"id":9007199254740993}';
    expect(await problem(await post(`${url}/json`, body, asJson))).toMatchObject({
      status: 400,
      code: "BAD_USER_INPUT",
      data: { parameter: "id" },
    });
    expect(await (await post(`${url}/any`, body, asJson)).json()).toEqual({ id: 2 ** 53 });
  });

  test("text is decoded with the charset of Content-Type", async () => {
    const { url } = await reader();
    const body = Buffer.from([0xe9]);
    expect(
      await (await post(`${url}/text`, body, { "content-type": 'text/plain; charset="iso-8859-1"' })).json(),
    ).toBe("é");
    const wrong = await post(`${url}/text`, body, { "content-type": "text/plain" });
    expect(await problem(wrong)).toMatchObject({ status: 400, code: "BODY_MALFORMED" });
  });

  test("form fields: a repeated key becomes an array, prototype names are removed", async () => {
    const { url } = await reader();
    const response = await post(`${url}/form`, "a=1&a=2&b=%20x+y&__proto__=1&constructor=2", {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(await response.json()).toEqual({ a: ["1", "2"], b: " x y" });
  });

  test("any body can be read as a stream", async () => {
    const { url } = await reader();
    expect(await (await post(`${url}/raw`, "x".repeat(200_000))).json()).toBe(200_000);
  });

  test.each([
    ['{"a":}', 1, 6],
    ['{"a": 1,\n "b" 2}', 2, 6],
    ["[1,2", 1, 5],
    ["nul", 1, 1],
    ['{"a":1}x', 1, 8],
    ['["\u0001"]', 1, 2],
  ])("malformed JSON %j answers 400 with line and column", async (body, line, column) => {
    const { url } = await reader();
    const answer = await problem(await post(`${url}/json`, body, asJson));
    expect(answer).toMatchObject({ status: 400, code: "BODY_MALFORMED" });
    expect(answer.detail).toContain(`line ${line}, column ${column}.`);
  });

  test.each([
    ["an unknown charset", { "content-type": "application/json; charset=klingon" }],
    ["a content-encoding", { ...asJson, "content-encoding": "gzip" }],
  ])("%s answers 415", async (_what, headers) => {
    const { url } = await reader();
    const answer = await problem(await post(`${url}/json`, "{}", headers));
    expect(answer).toMatchObject({ status: 415, code: "MEDIA_TYPE_UNSUPPORTED" });
  });

  test("multipart answers 415 until it is supported", async () => {
    const { url } = await reader();
    expect((await post(`${url}/parts`, "x")).status).toBe(415);
  });

  test("a body can be read only once", async () => {
    const fixture = await reader();
    expect((await post(`${fixture.url}/twice`, "x")).status).toBe(500);
    expect(fixture.log.join()).toContain("INTERNAL");
  });

  test("a body that the route does not read leaves the connection usable", async () => {
    const { url } = await reader();
    for (const size of [10, 100_000]) {
      expect(await (await post(`${url}/unread`, "x".repeat(size))).json()).toBe("not read");
    }
  });
});

describe("limits", () => {
  test.each([
    ["/json", "with a length", 100],
    ["/raw", "with a length", 200],
  ])(
    "http-08 %s %s: a body of the limit is accepted, one byte more answers 413 and closes",
    async (path, _how, limit) => {
      const { url } = await reader({ bodyBytes: 100, streamBytes: 200 });
      const body = (size: number): string => `"${"x".repeat(size - 2)}"`;
      expect((await post(url + path, body(limit), asJson)).status).toBe(200);
      const large = await post(url + path, body(limit + 1), asJson);
      expect([large.status, large.headers.get("connection")]).toEqual([413, "close"]);
      expect(await problem(large)).toMatchObject({ code: "BODY_TOO_LARGE" });
    },
  );

  test.each(["/json", "/raw"])(
    "http-08 %s: the limit holds for chunked bodies without a length",
    async (path) => {
      const fixture = await reader({ bodyBytes: 100, streamBytes: 100 });
      const chunks = `32\r\n${"x".repeat(50)}\r\n`.repeat(3);
      const answer = await raw(
        fixture,
        ["POST", path, "HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"].join(" ") +
          chunks,
      );
      expect(answer).toContain("413 Payload Too Large");
      expect(answer).toContain("BODY_TOO_LARGE");
    },
  );

  test("params-06 JSON that is nested too deeply answers 400 before it is parsed", async () => {
    const { url } = await reader();
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect((await post(`${url}/json`, nested(64), asJson)).status).toBe(200);
    for (const depth of [65, 500_000]) {
      const answer = await problem(await post(`${url}/json`, nested(depth), asJson));
      expect(answer).toMatchObject({ status: 400, code: "BODY_MALFORMED" });
    }
    expect(parseJson(JSON.stringify(["[".repeat(100), '\\"[['.repeat(100)]))).toHaveLength(2);
  });

  test("a client that disconnects in the middle of its body is not logged as an error", async () => {
    const arrived = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<unknown>();
    const fixture = await start([
      route("POST", "/", async ({ body }) => {
        arrived.resolve();
        await body.json().catch((error: unknown) => {
          failed.resolve(error);
          throw error;
        });
        return json(1);
      }),
    ]);
    const client = request(fixture.url, { method: "POST", headers: asJson });
    client.on("error", () => undefined);
    client.write("[1,");
    await arrived.promise;
    client.destroy();
    expect(await failed.promise).toMatchObject({ code: "CANCELLED" });
    await fixture.server.stop();
    expect(fixture.log).toEqual([]);
  });
});

describe("params-02 S3.4 prototypes", () => {
  test.each([
    '{"__proto__":{"polluted":true},"a":1}',
    '{"\\u005f_proto__":{"polluted":true},"a":1}',
    '{"constructor":{"prototype":{"polluted":true}},"a":1}',
    '{"prototype":1,"a":1}',
  ])("%s: the member is removed", (body) => {
    const value = parseJson(body);
    expect(Object.keys(value as object)).toEqual(["a"]);
    expect({}).not.toHaveProperty("polluted");
  });

  test("also in nested arrays and objects", () => {
    expect(parseJson('{"a":[{"b":{"__proto__":1,"c":2}}]}')).toEqual({ a: [{ b: { c: 2 } }] });
  });
});

describe("JSON, property-based", () => {
  const names = new Set(["__proto__", "constructor", "prototype"]);
  const hasPrototypeName = (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).some(
      ([key, member]) => (!Array.isArray(value) && names.has(key)) || hasPrototypeName(member),
    );

  test("accepts what JSON.parse accepts, with the same value but without prototype members", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (source) => {
        const value: unknown = JSON.parse(source);
        const parsed = parseJson(source, "any");
        if (hasPrototypeName(value)) expect(hasPrototypeName(parsed)).toBe(false);
        else expect(parsed).toEqual(value);
      }),
    );
  });

  test("the offset of an error is the end of the text exactly where the text is a prefix of JSON", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (source, cut) => {
        expect(jsonErrorOffset(source)).toBe(source.length);
        const at = cut % (source.length + 1);
        // A NUL is invalid everywhere, also in strings.
        const offset = jsonErrorOffset(`${source.slice(0, at)}\0${source.slice(at)}`);
        expect(offset).toBeLessThanOrEqual(at);
      }),
    );
  });
});
