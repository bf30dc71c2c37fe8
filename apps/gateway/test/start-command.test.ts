import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { recorder } from "@tidegate/plugin-testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const cli = join(import.meta.dirname, "../src/cli.ts");
/** Milliseconds that a gateway needs at most to start on a busy machine. */
const startMs = 50_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-start-"));
  const config = {
    brokers: [{ moleculer: { transporter: null } }],
    server: { protocol: { http: { port: 1 } } },
  };
  await writeFile(join(folder, "gateway.config.json"), JSON.stringify(config));
  for (const [name, drainDelaySeconds] of [
    ["drain", 1],
    ["long-drain", 3_600],
  ] as const) {
    const draining = {
      ...config,
      schema: { protocol: { GraphQL: {} } },
      server: { ...config.server, application: { drainDelaySeconds } },
    };
    await writeFile(join(folder, `${name}.config.json`), JSON.stringify(draining));
  }
  await writeFile(join(folder, "wrong.config.json"), '{ "schema": { "maxVersion": 3 } }');
});
afterAll(() => rm(folder, { recursive: true }));

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  line(part: string): Promise<string>;
}

/** Runs the command as a child process. */
function tidegate(...args: readonly string[]): Running {
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", cli, ...args], {
    cwd: folder,
    env,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = recorder<string>("lines of the gateway");
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) => lines.push(line));
  return {
    process: child,
    ended: once(child, "close"),
    line: (part) => lines.waitFor((line) => line.includes(part), startMs),
  };
}

/** The status of a request on a connection of its own. */
async function statusOf(url: string): Promise<number | undefined> {
  const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function urlOf(running: Running): Promise<string> {
  const line = await running.line("listening on");
  return line.slice(line.indexOf("http://"));
}

describe("tidegate start", () => {
  test("finds its configuration, uses --port, and stops cleanly on SIGTERM", async () => {
    const running = tidegate("start", "--port", "0");
    const response = await fetch(`${await urlOf(running)}/~health/liveness`);
    expect([response.status, await response.json()]).toMatchObject([200, {}]);
    running.process.kill("SIGTERM");
    expect(await running.ended).toEqual([0, null]);
  });

  test("S12.1 SIGTERM: readiness answers 503 while new connections are still served", async () => {
    const running = tidegate("start", "--config", "drain.config.json", "--port", "0");
    const url = await urlOf(running);
    await running.line("master");
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    await once(socket, "open");
    const socketClosed = once(socket, "close");
    expect(await statusOf(`${url}/~health/readiness`)).toBe(200);
    running.process.kill("SIGTERM");
    await running.line("readiness answers 503 from now on");
    const seen: unknown[] = [];
    let gone: unknown;
    while (gone === undefined) {
      // Each request has a connection of its own, as those of a load balancer's health check have.
      const answers = ["/~health/readiness", "/~health/liveness", "/~status"].map((path) =>
        statusOf(url + path),
      );
      const settled = await Promise.allSettled(answers);
      gone = settled.find((one) => one.status === "rejected")?.reason;
      if (gone === undefined) seen.push(settled.map((one) => one.status === "fulfilled" && one.value));
    }
    expect(new Set(seen.map((statuses) => JSON.stringify(statuses)))).toEqual(new Set(["[503,200,200]"]));
    expect(gone).toMatchObject({ code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) });
    expect(await running.ended).toEqual([0, null]);
    expect(await socketClosed).toMatchObject([{ code: 1001 }]);
  });

  test("S12.1 a second signal during the drain delay ends the process at once", async () => {
    const running = tidegate("start", "--config", "long-drain.config.json", "--port", "0");
    const url = await urlOf(running);
    running.process.kill("SIGTERM");
    await running.line("send it again to stop at once");
    expect(await statusOf(`${url}/~health/readiness`)).toBe(503);
    running.process.kill("SIGTERM");
    expect(await running.ended).toEqual([143, null]);
  });

  test("ends at once on a second Ctrl-C", async () => {
    const running = tidegate("start", "--port", "0");
    const url = new URL(await urlOf(running));
    await running.line("master");
    // An unfinished request delays the stop.
    const socket = connect(Number(url.port), url.hostname);
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n");
    await once(socket, "connect");
    running.process.kill("SIGINT");
    await running.line("send it again to stop at once");
    running.process.kill("SIGINT");
    expect(await running.ended).toEqual([130, null]);
    expect(await readdir(join(folder, "tidegate"))).toEqual([]);
  });

  test("an unknown option in the configuration: exit code 2 and a suggestion", async () => {
    const running = tidegate("start", "--config", "wrong.config.json");
    await running.line("schema: Unknown option maxVersion. Did you mean maxVersions?");
    expect(await running.ended).toEqual([2, null]);
  });

  test("an invalid port: exit code 2 and the reason", async () => {
    const wrong = tidegate("start", "--port", "http");
    await wrong.line("--port must be a number from 0 to 65535, not http.");
    expect(await wrong.ended).toEqual([2, null]);
  });
});
