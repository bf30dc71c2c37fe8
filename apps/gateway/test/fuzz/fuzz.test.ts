import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ask } from "../client.ts";
import { malformedBytes } from "./malformed.ts";
import { exchange, type RawRequest, readResponses, requestBytes } from "./raw-http.ts";
import { requestsWithBody, requestsWithoutBody } from "./requests.ts";

/** The longest time that one request can block the event loop, in milliseconds of CPU time. */
const maxTurnMs = 50;
const seed = 20261127;

let processes: ChildProcess[] = [];
let gateway: ChildProcess;
let port = 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return Object(address).port;
}

async function start(file: string, nodeID: string, urls: string): Promise<[ChildProcess, unknown]> {
  const transporter = {
    type: "TCP",
    options: { udpDiscovery: false, urls, useHostname: false, gossipPeriod: 1 },
  };
  const options = JSON.stringify({ nodeID, namespace: `fuzz-${process.pid}`, logger: false, transporter });
  const child = fork(join(import.meta.dirname, file), [options], {
    execArgv: ["--conditions=@tidegate/source"],
  });
  processes.push(child);
  const [message] = await once(child, "message");
  return [child, message];
}

beforeAll(async () => {
  const urls = `tcp://127.0.0.1:${await freePort()}/gateway,tcp://127.0.0.1:${await freePort()}/service`;
  await start("service-process.ts", "service", urls);
  const [child, listening] = await start("gateway-process.ts", "gateway", urls);
  [gateway, port] = [child, Number(listening)];
  await vi.waitFor(async () => expect((await steady(0)).status).toBe(200), { timeout: 30_000 });
});

afterAll(() => {
  for (const child of processes) child.kill("SIGKILL");
  processes = [];
});

async function measure(what: "cpu" | "watch" | "longest"): Promise<number> {
  gateway.send(what);
  const [milliseconds] = await once(gateway, "message");
  return Number(milliseconds);
}

/** A request of another client, which must be answered whatever the generated request is. */
const steady = (n: number) => ask(`http://127.0.0.1:${port}/fuzz/steady/${n}`);
const steadyBody = (n: number) => `{"seen":{"n":"${n}"}}`;
let sent = 0;
/** How many generated requests got 200: a generator of nothing but refused requests would prove little. */
let served = 0;

/** Sends a request beside another client's: the other is served, and neither blocks the event loop. */
async function sendBesideOthers(send: () => Promise<void>): Promise<void> {
  const number = ++sent;
  const before = await measure("cpu");
  const [other] = await Promise.all([steady(number), send()]);
  expect(other).toEqual({ status: 200, body: steadyBody(number) });
  if ((await measure("cpu")) - before < maxTurnMs) return;
  // The whole request took longer than one turn may take, or a garbage collection did: look at its turns.
  const turns: number[] = [];
  for (let repetition = 0; repetition < 3; repetition++) {
    await measure("watch");
    await send();
    turns.push(await measure("longest"));
  }
  expect(Math.min(...turns), `turns of ${turns.join(", ")} ms`).toBeLessThan(maxTurnMs);
}

/** Checks the response of a request, and that the next request on the connection gets its own. */
async function isServed(request: RawRequest): Promise<void> {
  const next = {
    method: "GET",
    target: "/fuzz/steady/7",
    headers: [
      ["host", "a"],
      ["connection", "close"],
    ],
  } as const;
  const bytes = Buffer.concat([requestBytes(request), requestBytes(next)]);
  const responses = readResponses(await exchange(port, bytes, false), [request.method, "GET"]);
  const [first, second] = responses;
  expect(first?.status).toBeGreaterThanOrEqual(200);
  if (first?.status === 200) served++;
  expect(first?.status, first?.body).toBeLessThan(500);
  if (first?.headers.get("connection") === "close") expect(responses).toHaveLength(1);
  else expect(second).toMatchObject({ status: 200, body: steadyBody(7) });
}

async function isAnsweredOrClosed(bytes: Buffer): Promise<void> {
  const received = (await exchange(port, bytes, true)).toString("latin1");
  for (const [, status] of received.matchAll(/HTTP\/1\.1 (\d{3}) /g))
    expect(Number(status) < 500 || (status === "501" && bytes.includes("transfer-encoding")), received).toBe(
      true,
    );
}

describe("S4, S12.5: no request fails in the gateway, hurts another one, or blocks the event loop", () => {
  test.each([
    ["paths, queries and headers", requestsWithoutBody, 2_500],
    ["bodies", requestsWithBody, 1_500],
  ] as const)("with generated %s", { timeout: 300_000 }, async (_, requests, numRuns) => {
    served = 0;
    const property = fc.asyncProperty(requests, (request) => sendBesideOthers(() => isServed(request)));
    await fc.assert(property, { numRuns, seed });
    expect(served).toBeGreaterThan(numRuns / 5);
    expect(processes.map(({ exitCode }) => exitCode)).toEqual([null, null]);
  });

  test("with bytes that are no request, or a part of one", { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(malformedBytes, (bytes) =>
      sendBesideOthers(() => isAnsweredOrClosed(bytes)),
    );
    await fc.assert(property, { numRuns: 2_000, seed });
    expect(processes.map(({ exitCode }) => exitCode)).toEqual([null, null]);
  });
});
