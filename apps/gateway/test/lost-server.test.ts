import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { moleculer } from "@tidegate/broker-moleculer";
import { silentLogger } from "@tidegate/core-registry";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import type { BrokerOptions } from "moleculer";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { WebSocket } from "ws";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { createMessageServer, installed, type MessageServer, programs } from "./message-server.ts";

/**
 * Milliseconds of an outage: the 3 s after which nodes count as lost, `lostSeconds`, and the time of merges.
 */
const outageMs = 6_000;

/** A gateway in this process, a node in a process of its own, and a socket that both connect. */
async function startSystem({ transporter }: MessageServer) {
  const options: BrokerOptions = {
    namespace: randomUUID(),
    logger: false,
    skipProcessEventRegistration: true,
    transporter,
  };
  const gateway = createDefaultGateway({
    brokers: [moleculer({ ...options, nodeID: "gateway" })],
    protocols: [rest(), graphql(), webSocket()],
    policies: [],
    server: h3Server({ port: 0, access: { branches: "open" } }),
    logger: silentLogger,
    debounceSeconds: 0.2,
    lostSeconds: 0.5,
  });
  onTestFinished(() => gateway.stop());
  const nodeOptions = JSON.stringify({ ...options, nodeID: "n1" });
  const node = fork(join(import.meta.dirname, "lost-server-node.ts"), [nodeOptions], {
    execArgv: ["--conditions=@tidegate/source"],
  });
  onTestFinished(async () => {
    const exited = once(node, "exit");
    node.kill("SIGKILL");
    await exited;
  });
  const [listening] = await gateway.start();
  const url = listening?.url ?? "";
  await expect.poll(async () => (await fetch(`${url}/players/rules`)).status, { timeout: 20_000 }).toBe(200);
  const swaps: string[] = [];
  gateway.registry.onSwap(({ branch, version }) => void swaps.push(`${branch}@${version.name}`));
  return { url, swaps, emit: (event: string) => void node.send(event) };
}

async function openSocket(url: string) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/feed`);
  onTestFinished(() => socket.terminate());
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  await once(socket, "open");
  return { socket, messages };
}

/** One request of each kind: its status, and what matters of its body and headers. */
async function requests(url: string) {
  const query = async (text: string): Promise<unknown> => {
    const body = JSON.stringify({ query: text });
    const headers = { "content-type": "application/json" };
    return (await fetch(`${url}/graphql`, { method: "POST", headers, body })).json();
  };
  const called = await fetch(`${url}/players/7`);
  const { code } = called.status === 200 ? { code: undefined } : ((await called.json()) as { code: string });
  return {
    map: (await fetch(`${url}/players/rules`)).status,
    call: `${called.status} ${code} retry-after ${called.headers.get("retry-after")}`,
    graphqlMap: await query("{ rules }"),
    graphqlCall: await query('{ player(id: "7") }'),
    liveness: (await fetch(`${url}/~health/liveness`)).status,
    readiness: (await fetch(`${url}/~health/readiness`)).status,
  };
}

const whole = {
  map: 200,
  call: "200 undefined retry-after null",
  graphqlMap: { data: { rules: "eleven a side" } },
  graphqlCall: { data: { player: "player 7" } },
  liveness: 200,
  readiness: 200,
};

async function startServer(context: TestContext, type: keyof typeof programs): Promise<MessageServer> {
  const { program } = programs[type];
  const path = installed(program);
  if (path === undefined) {
    expect(process.env.CI, `${program} is not installed`).toBeFalsy();
    return context.skip(`${program} is not installed`);
  }
  const server = await createMessageServer(type, path);
  await server.start();
  onTestFinished(() => server.kill());
  return server;
}

describe("S9.3, S12.6: the message server is killed for longer than nodes can be silent", () => {
  test.for(["NATS", "Redis"] as const)("%s: the API stays, and calls answer 503", async (type, context) => {
    const server = await startServer(context, type);
    const { url, swaps, emit } = await startSystem(server);
    const { socket, messages } = await openSocket(url);
    await expect.poll(() => requests(url), { timeout: 20_000 }).toEqual(whole);
    await server.kill();
    await expect.poll(async () => (await requests(url)).call).toMatch(/^503 /);
    const lostAt = performance.now();
    const answers = new Map<string, number>();
    while (performance.now() - lostAt < outageMs) {
      const answer = JSON.stringify(await requests(url)).replaceAll(
        /"requestId":"[^"]+"/g,
        '"requestId":"-"',
      );
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    const failure = {
      message: expect.any(String),
      extensions: { code: "BROKER_UNAVAILABLE", requestId: "-", retryAfter: 2 },
    };
    expect([...answers.keys()].map((answer) => JSON.parse(answer))).toEqual([
      {
        ...whole,
        call: "503 BROKER_UNAVAILABLE retry-after 2",
        graphqlCall: { data: { player: null }, errors: [expect.objectContaining(failure)] },
      },
    ]);
    await server.start();
    await expect.poll(() => requests(url), { timeout: 20_000 }).toEqual(whole);
    emit("player.scored");
    await expect.poll(() => messages.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    expect(swaps).toEqual([]);
    console.info(`${type}: ${[...answers.values()]} rounds of requests while it was away`);
  });
});
