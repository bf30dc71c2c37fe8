import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { disguisedFilters } from "./replies/service.ts";
import { type OddSystem, startOddSystem } from "./replies/system.ts";

// Processes start slowly on a loaded machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const invalid = { code: "REPLY_INVALID" };

describe.each(["own node", "process"] as const)("a service on %s", (place) => {
  let system: OddSystem;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    system = await startOddSystem(place, (stop) => void stops.unshift(stop));
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  const get = (path: string): Promise<Response> => fetch(system.url + path);
  const answer = async (path: string): Promise<[status: number, body: unknown]> => {
    const response = await get(path);
    return [response.status, await response.json()];
  };
  /** Waits for the report of the route or function of this path. */
  const reported = (code: string, message: RegExp): Promise<unknown> =>
    system.findings.waitFor((finding) => finding.code === code && message.test(finding.message), 30_000);

  test("S4.4 a stream of text and bytes is sent", async () => {
    expect(await (await get("/text")).text()).toBe("aé");
  });

  test.each([
    ["/objects", /stream contains an object/],
    ["/numbers", /stream contains a number/],
  ])("S4.4 %s, a stream of other values, is 500 REPLY_INVALID with a report", async (path, message) => {
    expect(await answer(path)).toMatchObject([500, invalid]);
    await reported("REPLY_INVALID", message);
  });

  test("S4.4 a stream that sends an object later is cut, with a report", async () => {
    const response = await get("/later");
    await expect(response.text()).rejects.toThrow();
    await reported("REPLY_INVALID", /stream contains an object/);
  });

  test("S4.5 a file name beyond latin1 is encoded, for data and streams", async () => {
    const encoded = `attachment; filename="__.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf`;
    for (const path of ["/pdf", "/pdf-stream"]) {
      const response = await get(path);
      expect([response.status, response.headers.get("content-disposition")]).toEqual([200, encoded]);
      expect([await response.text(), response.headers.get("x-snow")]).toEqual(["x", null]);
    }
    await reported("HEADER_DROPPED", /beyond latin1 in x-snow/);
  });

  test("S4.5 any other header beyond latin1 is dropped; line breaks are still refused", async () => {
    const response = await get("/snow");
    expect([response.status, await response.text()]).toEqual([201, "x"]);
    expect([response.headers.get("x-snow"), response.headers.get("x-rain")]).toEqual([null, "é"]);
    await reported("HEADER_DROPPED", /beyond latin1 in x-snow/);
    expect(await answer("/split")).toMatchObject([500, invalid]);
  });

  const hostile = "a=1&__proto__=x&constructor=y&prototype=z&b=2&b=3&toString=t";
  test("S3.4 a query, a path, a form and a body reach the action as plain objects", async () => {
    const query = 'plain a="1" b=["2","3"] toString="t"';
    expect(await answer(`/query?${hostile}`)).toEqual([200, { seen: query }]);
    expect(await answer("/query")).toEqual([200, { seen: "plain " }]);
    expect(await answer("/path/1/2")).toEqual([200, { seen: 'plain a="1" b="2"' }]);
    const q = JSON.stringify(query);
    expect(await answer(`/nested?${hostile}`)).toEqual([200, { seen: `plain q=${q} list=[${q}]` }]);
    expect(await answer(`/context?${hostile}`)).toEqual([200, { seen: `plain c=${q}` }]);
    for (const [path, seen] of [
      ["/body", query],
      ["/part", 'plain a="1"'],
    ]) {
      const body = new URLSearchParams(hostile);
      const response = await fetch(`${system.url}${path}`, { method: "POST", body });
      expect(await response.json()).toEqual({ seen });
    }
  });

  test("S3.4 a JSON body loses the refused names at any depth, however they are written", async () => {
    const body =
      '{"a":[{"__proto__":{"x":1},"\\u0063onstructor":1,"b":{"prototype":2}}],"\\u005f_proto__":3}';
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${system.url}/body`, { method: "POST", body, headers });
    expect(await response.json()).toEqual({ seen: 'plain a=["plain b=\\"plain \\""]' });
  });

  test("S7.4 a filter that returns anything but the value true denies, with a report", async () => {
    const statuses = disguisedFilters.map(async (source, index) => [
      source,
      (await get(`/filter/${index}`)).status,
    ]);
    expect(await Promise.all(statuses)).toEqual(disguisedFilters.map((source) => [source, 401]));
    const reports = disguisedFilters.map((_, index) =>
      system.findings.waitFor(
        ({ code, jsonPath }) => /^F/.test(code) && jsonPath === `policy.call[${index}].filter`,
        30_000,
      ),
    );
    await Promise.all(reports);
  });

  test("S7.4 the value true passes", async () => {
    expect([(await get("/filter/true")).status, await (await get("/filter/true")).text()]).toEqual([
      200,
      "passed",
    ]);
  });

  test("S11.2 a response that no function can receive is REPLY_INVALID, and no offence", async () => {
    expect((await get("/deeper-than-functions")).status).toBe(200);
    for (let call = 0; call < 5; call++)
      for (const path of ["/deep-map", "/deeper-map", "/circular", "/circular-map", "/large-map"])
        expect([path, ...(await answer(path))]).toMatchObject([path, 500, invalid]);
    await reported("REPLY_INVALID", /`response` .* nested deeper than 500 levels/);
    await reported("REPLY_INVALID", /`response` .* characters of JSON/);
    await reported("REPLY_INVALID", /circular/);
    // A function that has offended three times within a minute is switched off: FUNCTION_OFF.
    expect((await get("/fine-map")).status).toBe(200);
    expect(system.findings.items.map(({ code }) => code)).not.toContain("FUNCTION_MEMORY");
    expect(system.findings.items.map(({ code }) => code)).not.toContain("FUNCTION_OFF");
  });

  test("S14.1 the OpenAPI document shows routes that differ in a regex, and odd params", async () => {
    expect(await (await get("/typed/7")).text()).toBe("by id");
    expect(await (await get("/typed/ann")).text()).toBe("by name");
    const document: unknown = await (await fetch(`${system.gatewayUrl}/~catalog/openapi.json`)).json();
    const { paths } = Object(document);
    const query = [
      { name: "pair", in: "query", schema: { type: "array", items: {} } },
      {
        name: "at",
        in: "query",
        schema: { type: "string", format: "date-time", default: "1970-01-01T00:00:00.000Z" },
      },
    ];
    expect(paths["/odd/typed/{id}"].get).toMatchObject({
      "x-connectors": [{ action: "odd.typed" }],
      parameters: [{ name: "id", in: "path" }, { name: "name", schema: { type: "string" } }, ...query],
    });
    expect(paths["/odd/typed/{name}#2"].get).toMatchObject({
      "x-connectors": [{ action: "odd.typedByName" }],
      parameters: [{ name: "name", schema: { pattern: "^(?:[a-z]{1,9})$" } }, { name: "id" }, ...query],
    });
    expect(paths["/odd/typed/{name}#2"].get.parameters[0].schema).not.toHaveProperty("minLength");
  });

  test("S11.2 a body that is too large for a function is the client's 413", async () => {
    const body = "x".repeat(5 * 1_024 * 1_024);
    const response = await fetch(`${system.url}/own-map`, { method: "POST", body });
    expect([response.status, await response.json()]).toMatchObject([413, { code: "BODY_TOO_LARGE" }]);
  });
});
