import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { Seen } from "./services.ts";
import { type Layout, type System, startSystem } from "./system.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const headers = {
  "x-request-id": "request-7",
  traceparent: `00-${traceId}-${spanId}-01`,
  tracestate: "vendor=1",
  baggage: "tenant=blue",
};

/** The trace that a service gets: the client's, with a span id of the gateway. */
const continued = expect.stringMatching(new RegExp(`^00-${traceId}-(?!${spanId})[0-9a-f]{16}-01$`));
const carried = { traceparent: continued, tracestate: "vendor=1", baggage: "tenant=blue", branch: "master" };

const layouts: readonly Layout[] = [
  { outer: "local", inner: "preset" },
  { outer: "preset", inner: "preset" },
  { outer: "plain", inner: "plain" },
];

describe.each(layouts)("the service runs $outer, and calls one that runs $inner", ({ outer, inner }) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ outer, inner });
  }, 60_000);
  afterAll(() => system.close());

  const get = (path: string, more: Readonly<Record<string, string>> = headers): Promise<Response> =>
    fetch(system.url + path, { headers: more });
  const json = async (path: string): Promise<unknown> => (await get(path)).json();

  test("S12.7: request id and trace reach the action, its nested call, its events, and reply", async () => {
    const response = await get("/outer/seen");
    expect(response.headers.get("x-request-id")).toBe("request-7");
    const { own, nested } = (await response.json()) as Record<"own" | "nested", Seen>;
    expect(own).toMatchObject({ requestID: "request-7", meta: carried });
    expect(nested).toMatchObject({ requestID: "request-7", meta: carried });
    expect(nested.meta.traceparent).toBe(own.meta.traceparent);
    const emitted = {
      requestID: "request-7",
      meta: expect.objectContaining(carried),
      payload: { from: "outer" },
    };
    await expect.poll(() => json("/outer/heard")).toContainEqual(expect.objectContaining(emitted));
  });

  test("S12.7: an event that a route publishes has them too", async () => {
    const published = await fetch(`${system.url}/outer/publish`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: "{}",
    });
    expect([published.ok, published.headers.get("x-request-id")]).toEqual([true, "request-7"]);
    const heard = expect.objectContaining({
      requestID: "request-7",
      meta: expect.objectContaining(carried),
      payload: {},
    });
    await expect.poll(() => json("/outer/heard")).toContainEqual(heard);
  });

  test("S13.4: the deadline reaches the action, and no nested call waits longer", async () => {
    const before = Date.now();
    const { own, nested } = (await json("/outer/seen")) as Record<"own" | "nested", Seen>;
    const deadline = Number(own.meta.deadline);
    expect(deadline).toBeGreaterThanOrEqual(before + 10_000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 10_000);
    expect(own.timeout).toBeLessThanOrEqual(10_000);
    expect(nested.meta.deadline).toBe(deadline);
    expect(nested.timeout).toBeLessThanOrEqual(Number(own.timeout));
    expect(nested.timeout).toBeGreaterThan(5_000);
  });

  test("S13.4: without a mapping, nothing of the client's identity reaches the service", async () => {
    const identified = { authorization: "Test kim-7", cookie: "session=kim-7" };
    const seen = await (await get("/outer/seen", identified)).text();
    expect(seen).not.toContain("kim-7");
    expect(await (await get("/outer/who", identified)).json()).toMatchObject({
      own: { params: { user: "kim-7" }, meta: expect.not.objectContaining({ user: expect.anything() }) },
    });
  });

  test("S2.5: the action cache of the service is honoured, by its keys", async () => {
    const first = await json("/outer/cached?key=a");
    expect(await json("/outer/cached?key=a")).toBe(first);
    expect(await json("/outer/cached?key=b")).toBe(Number(first) + 1);
    expect(await json("/outer/cached?key=a")).toBe(first);
  });

  test.each([
    ["notFound", 503, "DEPENDENCY_UNAVAILABLE"],
    ["notAvailable", 503, "DEPENDENCY_UNAVAILABLE"],
    ["rejected", 503, "DEPENDENCY_UNAVAILABLE"],
    ["queueFull", 503, "DEPENDENCY_UNAVAILABLE"],
    ["callLevel", 503, "DEPENDENCY_UNAVAILABLE"],
    ["validation", 503, "DEPENDENCY_UNAVAILABLE"],
    ["timeout", 504, "CALL_TIMEOUT"],
    ["skipped", 504, "CALL_TIMEOUT"],
  ])("S12.5: Moleculer's error %s about another action is %i %s", async (kind, status, code) => {
    const response = await get(`/outer/fail/${kind}`, { "x-request-id": kind });
    const text = await response.text();
    expect([response.status, response.headers.get("x-request-id")]).toEqual([status, kind]);
    expect(JSON.parse(text)).toMatchObject({ status, code, requestId: kind });
    for (const inside of ["secret", "inner", "nodeID", "nowhere", "n-secret", '"data"'])
      expect(text).not.toContain(inside);
    // One line of a kind is written at once, further ones at the end of the second.
    const line = await system.log.waitFor(
      (each) =>
        each.startsWith("warn GET /outer/fail/") && (each.includes(`(${kind})`) || each.includes("left out")),
    );
    expect(line).toMatch(/^warn GET \/outer\/fail\/\w+ 50[34] .* in the route GET \/outer\/fail\/:kind/);
    expect(line).toMatch(/of the protocol 'REST' for service 'outer', action outer\.fail: /);
  });

  test("S12.5: the cause of such an error is in the log, with the request id", async () => {
    system.log.clear();
    await expect
      .poll(async () => {
        await get("/outer/fail/notFound", { "x-request-id": "with-cause" });
        return system.log.items;
      })
      .toContainEqual(
        expect.stringMatching(/^warn .*\(with-cause\).* Cause: Service 'nowhere\.secret' is not found/),
      );
  });

  test("S12.5: a fault in the params of the called action is 422, without Moleculer's names", async () => {
    const response = await get("/outer/checked?n=5");
    const { code, data, requestId } = (await response.json()) as Record<string, unknown>;
    expect([response.status, code, requestId]).toEqual([422, "VALIDATION_ERROR", "request-7"]);
    expect(data).toEqual([
      { type: "numberMin", field: "n", message: expect.any(String), expected: 10, actual: 5 },
    ]);
  });

  test("S12.5: the service's own errors keep their status, code and data", async () => {
    const response = await get("/outer/fail/own");
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ code: "RETIRED", data: { action: "retire" } });
  });

  test("S12.7: errors of GraphQL and of a WebSocket have the request id, and a line in the log", async () => {
    system.log.clear();
    const response = await fetch(`${system.url}/graphql`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ query: '{ failing(kind: "notFound") }' }),
    });
    expect(response.headers.get("x-request-id")).toBe("request-7");
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: "DEPENDENCY_UNAVAILABLE", requestId: "request-7" } }],
    });
    await system.log.waitFor((line) => /^warn POST \/graphql 503 .*field failing.*outer\.fail/.test(line));

    const socket = new WebSocket(`${system.url.replace("http", "ws")}/outer/socket`, { headers });
    const upgraded = once(socket, "upgrade");
    const frame = once(socket, "message");
    socket.once("open", () => socket.send("{}"));
    const [{ headers: accepted }] = await upgraded;
    expect(accepted["x-request-id"]).toBe("request-7");
    const { error } = JSON.parse(String((await frame)[0]));
    expect(error).toMatchObject({
      code: "FUNCTION_THREW",
      requestId: expect.stringMatching(/^[\da-f]{32}$/),
    });
    await system.log.waitFor((line) => line.startsWith("error ") && line.includes(error.requestId));
    socket.terminate();
  });

  test("S12.7: the report of a failing function names the request", async () => {
    await get("/outer/broken", { "x-request-id": "broken-1" });
    const finding = expect.objectContaining({ code: "FUNCTION_THREW", requestId: "broken-1" });
    await expect
      .poll(() => json("/outer/reports"), { timeout: 10_000 })
      .toContainEqual(
        expect.objectContaining({ occasion: "runtime", findings: expect.arrayContaining([finding]) }),
      );
  });

  test("S12.7: the replies 404, 405 and a refused upgrade have the request id", async () => {
    const missing = await get("/nothing");
    expect([missing.status, missing.headers.get("x-request-id")]).toEqual([404, "request-7"]);
    const options = { method: "DELETE", headers };
    const refused = await fetch(`${system.url}/outer/seen`, options);
    expect([refused.status, refused.headers.get("x-request-id")]).toEqual([405, "request-7"]);
    const socket = new WebSocket(`${system.url.replace("http", "ws")}/nothing`, { headers });
    const [, response] = await once(socket, "unexpected-response");
    expect([response.statusCode, response.headers["x-request-id"]]).toEqual([404, "request-7"]);
    socket.on("error", () => undefined).terminate();
  });

  // A node without the preset receives no cancellation.
  if (inner === "preset")
    test("S13.4: a client that goes away cancels the nested call", async () => {
      const controller = new AbortController();
      const gone = fetch(`${system.url}/outer/wait`, { signal: controller.signal }).catch(() => "gone");
      await expect.poll(() => json("/outer/waiting"), { timeout: 5_000 }).toEqual(["begun"]);
      controller.abort();
      expect(await gone).toBe("gone");
      await expect.poll(() => json("/outer/waiting"), { timeout: 5_000 }).toEqual(["begun", "cancelled"]);
    });
});
