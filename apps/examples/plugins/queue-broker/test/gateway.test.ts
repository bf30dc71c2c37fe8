import { once } from "node:events";
import { silentLogger } from "@tidegate/core-registry";
import { createGateway } from "@tidegate/core-registry/gateway";
import { recorder } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { Queue, type QueueAction, type QueueCall, type QueueOptions, queueBroker } from "../src/index.ts";

const routes = [
  { method: "GET", path: "/:id", call: "player.get" },
  { method: "POST", path: "/:id/goals", publish: { event: "player.scored", params: { id: "@path.id" } } },
];

/** Starts a gateway that is connected to a queue with one worker. */
async function start(get: QueueAction["handler"], options: QueueOptions = {}) {
  const queue = new Queue(options);
  const gateway = createGateway({
    brokers: [queueBroker(queue)],
    protocols: [rest()],
    policies: [],
    sandbox: sandbox(),
    server: h3Server({ port: 0 }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const worker = queue.worker("w1");
  const scored = recorder<unknown>("event");
  const params = { type: "object", properties: { id: { type: "number" } }, required: ["id"] };
  worker.register({
    name: "player",
    fragment: { protocol: { REST: { basePath: "/players", routes } } },
    actions: { get: { params, handler: get } },
    events: { "player.*": ({ payload }) => scored.push(payload) },
  });
  const [listening] = await gateway.start();
  await gateway.registry.settled();
  return { url: `${listening?.url}/players`, worker, scored, gateway };
}

test("S13: a request calls a handler through the queue, and an event reaches its listener", async () => {
  const { url, scored } = await start(({ params, node, branch }) => ({ ...Object(params), node, branch }));
  const response = await fetch(`${url}/7`);
  expect(await response.json()).toEqual({ id: 7, node: "w1", branch: "master" });
  expect((await fetch(`${url}/7/goals`, { method: "POST" })).status).toBe(200);
  expect(await scored.waitFor(() => true)).toEqual({ id: "7" });
});

test("S13: a worker runs as many calls at once as its concurrency; the next one waits", async () => {
  const calls = recorder<QueueCall>("call");
  const answers: ((answer: string) => void)[] = [];
  const { url } = await start(
    (call) => {
      calls.push(call);
      return new Promise<string>((resolve) => answers.push(resolve));
    },
    { concurrency: 2, maxWaiting: 1 },
  );
  const running = [fetch(`${url}/1`), fetch(`${url}/2`)];
  await calls.waitFor(() => calls.items.length === 2);
  const waiting = fetch(`${url}/3`);
  // The fourth call fails as soon as the third one waits.
  const states = [waiting.then(({ status }) => status), fetch(`${url}/4`).then(({ status }) => status)];
  expect(await Promise.race(states)).toBe(503);
  expect(calls.items).toHaveLength(2);
  for (const answer of answers) answer("done");
  await calls.waitFor(() => calls.items.length === 3);
  answers[2]?.("done");
  expect((await Promise.all(states)).sort()).toEqual([200, 503]);
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
});

test("S13: a client that disconnects cancels its call, which frees the worker", async () => {
  const calls = recorder<QueueCall>("call");
  const { url } = await start(
    (call) => {
      calls.push(call);
      return Object(call.params).id === 1 ? new Promise(() => undefined) : "free";
    },
    { concurrency: 1 },
  );
  const client = new AbortController();
  const cancelled = fetch(`${url}/1`, { signal: client.signal }).catch(() => "cancelled");
  const { signal } = await calls.waitFor(() => true);
  const aborted = once(signal, "abort");
  client.abort();
  expect(await cancelled).toBe("cancelled");
  await aborted;
  expect(await (await fetch(`${url}/2`)).text()).toBe("free");
});

test("S12.5: a handler's own error keeps its status; an error without one is hidden", async () => {
  const { url } = await start(({ params }) => {
    if (Object(params).id === 1) throw Object.assign(new Error("Retired."), { code: 410, type: "RETIRED" });
    throw new Error("The password is 1234.");
  });
  const gone = await fetch(`${url}/1`);
  expect(gone.status).toBe(410);
  expect(await gone.json()).toMatchObject({ code: "RETIRED" });
  const failed = await fetch(`${url}/2`);
  expect(failed.status).toBe(500);
  expect(await failed.text()).not.toContain("1234");
});

test("S9.3: after the last worker has left, calls return 503", async () => {
  const { url, worker } = await start(() => "here");
  expect((await fetch(`${url}/1`)).status).toBe(200);
  worker.crash();
  expect((await fetch(`${url}/1`)).status).toBe(503);
});
