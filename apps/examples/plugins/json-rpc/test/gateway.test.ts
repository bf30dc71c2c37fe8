import { Readable } from "node:stream";
import { definePolicy, type Json } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { memoryBroker, recorder, serviceError, type TestService } from "@tidegate/plugin-testkit";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type JsonRpcOptions, jsonRpc, type MethodInput } from "../src/index.ts";

/** Denies every access, with the code of a rate limit. */
const closed = definePolicy({
  name: "closed",
  members: ["closed"],
  schema: z.strictObject({ closed: z.literal(true) }),
  compile: () => ({ decide: () => ({ allowed: false, code: "RATE_LIMITED", retryAfter: 7 }) }),
});

const id = { type: "object", properties: { id: { type: "number" } }, required: ["id"] };
const events = recorder<unknown>("event");
const actions: NonNullable<TestService["actions"]> = {
  get: { params: id, handler: ({ params }) => ({ id: params.id, name: "Ul Vimi" }) },
  add: ({ params }) => Number(params.a) + Number(params.b),
  retire: () =>
    Promise.reject(serviceError("Retired.", { code: 410, type: "PLAYER_RETIRED", data: { since: 2020 } })),
  break: () => Promise.reject(new Error("The password is 1234.")),
  odd: () => Promise.reject(serviceError("Odd.", { code: 400, data: 1n })),
  photo: () => Readable.from([Buffer.from("bytes")]),
  secret: () => 1,
};
const methods: readonly MethodInput[] = [
  {
    method: "player.get",
    description: "Returns one player.",
    call: "player.get",
    params: { id: "@args.id:number" },
  },
  { method: "player.add", call: "player.add", params: { a: "@args.0", b: "@args.1" } },
  { method: "player.retire", call: "player.retire" },
  { method: "player.break", call: "player.break" },
  { method: "player.odd", call: "player.odd" },
  { method: "player.photo", call: "player.photo" },
  { method: "player.secret", call: "player.secret" },
  { method: "player.score", publish: { event: "player.scored", params: "@args" } },
];

/** Starts a gateway with the service `player`, and returns a client of `/rpc`. */
async function start(options: JsonRpcOptions = {}) {
  const bus = memoryBroker();
  const logged = recorder<string>("log line");
  const ignore = (): void => undefined;
  const gateway = createGateway({
    brokers: [bus.broker],
    protocols: [jsonRpc(options)],
    policies: [closed],
    sandbox: sandbox(),
    server: h3Server({ port: 0 }),
    logger: { debug: ignore, info: ignore, warn: ignore, error: (line) => logged.push(line) },
  });
  onTestFinished(() => gateway.stop());
  const publish = async (service: TestService): Promise<void> => {
    bus.node("n1").publish(service);
    await gateway.registry.settled();
  };
  const [listening] = await gateway.start();
  const policy = { call: [{ actions: ["player.secret"], closed: true }] };
  await publish({
    name: "player",
    fragment: { policy, protocol: { JsonRpc: { methods } } },
    actions,
    events: { "player.scored": ({ payload }) => events.push(payload) },
  });
  const post = (body: string, type = "application/json", base = ""): Promise<Response> =>
    fetch(`${listening?.url}${base}/rpc`, { method: "POST", headers: { "content-type": type }, body });
  const call = async (body: Json): Promise<unknown> => (await post(JSON.stringify(body))).json();
  return { bus, gateway, logged, publish, post, call };
}

const request = (method: string, params: Json = {}, requestId: Json = 1): Json => ({
  jsonrpc: "2.0",
  id: requestId,
  method,
  params,
});

test("S17: one request gets one response, with params by name or by position", async () => {
  const { call } = await start();
  const player = { id: 7, name: "Ul Vimi" };
  expect(await call(request("player.get", { id: 7 }))).toEqual({ jsonrpc: "2.0", id: 1, result: player });
  expect(await call(request("player.add", [1, 2], "a"))).toEqual({ jsonrpc: "2.0", id: "a", result: 3 });
});

test("S17: a batch gets the responses of its requests, and none for notifications", async () => {
  const { call } = await start();
  const notification = { jsonrpc: "2.0", method: "player.score", params: { by: 7 } };
  const answers = await call([
    request("player.add", [1, 2], 1),
    notification,
    request("player.none", {}, 2),
    5,
    request("player.add", [3, 4], null),
  ]);
  expect(answers).toMatchObject([
    { id: 1, result: 3 },
    { id: 2, error: { code: -32_601 } },
    { id: null, error: { code: -32_600 } },
    { id: null, result: 7 },
  ]);
  expect(await events.waitFor(() => true)).toEqual({ by: 7 });
});

test("S17: a request that is a notification, and a batch of them, get 204", async () => {
  const { post } = await start();
  const notification = { jsonrpc: "2.0", method: "player.break" };
  for (const body of [notification, [notification, { ...notification, method: "unknown" }]]) {
    const response = await post(JSON.stringify(body));
    expect([response.status, await response.text()]).toEqual([204, ""]);
  }
});

test.each([
  ["no JSON", "{", -32_700],
  ["an empty batch", "[]", -32_600],
  [
    "a batch above the limit",
    JSON.stringify(Array.from({ length: 4 }, () => request("player.get"))),
    -32_600,
  ],
  ["another version", '{"jsonrpc":"1.0","id":1,"method":"player.get"}', -32_600],
  ["params that are a text", '{"jsonrpc":"2.0","id":1,"method":"player.get","params":"x"}', -32_600],
  ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"player.get"}', -32_600],
  ["an unknown method", JSON.stringify(request("constructor")), -32_601],
  ["a param of the wrong type", JSON.stringify(request("player.get", { id: "x" })), -32_602],
  ["an action that throws", JSON.stringify(request("player.break")), -32_603],
  ["a result that is a stream", JSON.stringify(request("player.photo")), -32_603],
])("S17: %s gets its standard error code", async (_, body, code) => {
  const { post } = await start({ maxBatch: 3 });
  const response = await post(body);
  const text = await response.text();
  expect([response.status, JSON.parse(text).error.code]).toEqual([200, code]);
  expect(text).not.toContain("1234");
});

test("S12.5: a service's own error keeps its code and data; an internal one is in the log", async () => {
  const { call, logged } = await start();
  expect(await call(request("player.retire"))).toMatchObject({
    error: { code: -32_000, message: "Retired.", data: { code: "PLAYER_RETIRED", data: { since: 2020 } } },
  });
  await call(request("player.break"));
  expect(await call(request("player.odd"))).toMatchObject({ error: { code: -32_000, message: "Odd." } });
  expect(logged.items).toEqual(["JsonRpc: the method player.break failed."]);
});

test("S7.5: a denied call gets the code of the policy", async () => {
  const { call } = await start();
  expect(await call(request("player.secret"))).toMatchObject({
    error: { code: -32_000, data: { code: "RATE_LIMITED", retryAfter: 7 } },
  });
});

test("S12.5: another media type gets an HTTP error", async () => {
  const { post } = await start();
  expect((await post(JSON.stringify(request("player.get")), "text/plain")).status).toBe(415);
});

test("S17: all services share the path; the first owner of a method keeps it", async () => {
  const { bus, call, publish } = await start();
  const second = [{ method: "player.get", call: "team.get" }];
  const team: TestService = { name: "team", actions: { get: () => "team" } };
  await publish({ ...team, fragment: { protocol: { JsonRpc: { methods: second } } } });
  const report = await bus.node("n1").waitForReport(({ service }) => service === "team");
  expect(report.state).toBe("failed");
  expect(report.findings[0]).toMatchObject({ code: "CLAIM_TAKEN", found: "player.get" });
  expect(await call(request("player.get", { id: 1 }))).toMatchObject({ result: { id: 1 } });

  const own = [{ method: "team.get", call: "team.get" }];
  await publish({ ...team, revision: 2, fragment: { protocol: { JsonRpc: { methods: own } } } });
  expect(await call([request("team.get"), request("player.add", [1, 1])])).toMatchObject([
    { result: "team" },
    { result: 2 },
  ]);
});

test("S17: each branch has methods of its own", async () => {
  const { post, publish } = await start();
  const fragment = {
    branch: "next",
    protocol: { JsonRpc: { methods: [{ method: "player.next", call: "next.run" }] } },
  };
  await publish({ name: "next", fragment, actions: { run: () => "soon" } });
  const body = JSON.stringify(request("player.next"));
  expect(await (await post(body, undefined, "/~next")).json()).toMatchObject({ result: "soon" });
  expect(await (await post(body)).json()).toMatchObject({ error: { code: -32_601 } });
});

test("S17: the OpenRPC document lists the methods with their params", async () => {
  const { gateway } = await start();
  const served = gateway.registry.find("master", undefined);
  if (served.version === undefined) throw new Error("The branch master has no version.");
  const documents = await gateway.registry.documents(served);
  const document = JSON.parse(documents["openrpc.json"] ?? "");
  const info = { title: "JSON-RPC", version: served.version.name };
  expect(document).toMatchObject({ openrpc: "1.3.2", info });
  expect(document.methods).toHaveLength(methods.length);
  expect(document.methods).toContainEqual({
    name: "player.get",
    description: "Returns one player.",
    tags: [{ name: "player" }],
    paramStructure: "either",
    params: [{ name: "id", schema: {} }],
    result: { name: "result", schema: {} },
  });
});

test("S17: an unchanged whole is reused: a service without methods creates no new route", async () => {
  const { gateway, publish } = await start();
  const assembled = () =>
    gateway.registry.find("master", undefined).version?.protocols.get("JsonRpc")?.assembled;
  const before = assembled();
  await publish({ name: "team", fragment: { protocol: {} } });
  expect(before).toBeDefined();
  expect(assembled()).toBe(before);
});
