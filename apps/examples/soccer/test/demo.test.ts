import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Recorder, recorder } from "@tidegate/plugin-testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { freePort } from "../src/run/loopback.ts";

const timeoutMs = 15_000;
let folder: string;
const groups = new Set<number>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-demo-"));
});

afterEach(async () => {
  for (const group of groups) signalGroup(group, "SIGKILL");
  groups.clear();
  await rm(folder, { recursive: true, force: true });
});

interface Program {
  readonly child: ChildProcess;
  readonly group: number;
  readonly lines: Recorder<string>;
  readonly closed: Promise<unknown[]>;
}

/** Runs a file of `src` in its own process group, as a terminal does. */
function runProgram(file: string, ...args: readonly string[]): Program {
  const path = join(import.meta.dirname, "../src", file);
  const child = spawn(process.execPath, ["--conditions=@tidegate/source", path, ...args], {
    detached: true,
    env: { ...process.env, TIDEGATE_SOCCER_FILE: join(folder, "demo.json") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = recorder<string>("line");
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) => lines.push(line));
  const group = child.pid ?? 0;
  groups.add(group);
  return { child, group, lines, closed: once(child, "close") };
}

/** Sends a signal to a process group. Signal 0 only tests whether the group has a process. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

async function startDemo(): Promise<Program> {
  const demo = runProgram("demo.ts", "--port", String(await freePort()));
  await demo.lines.waitFor((line) => line.startsWith("Ctrl-C stops"), timeoutMs);
  return demo;
}

describe("the demo", () => {
  test("prints commands to copy; Ctrl-C leaves no process and logs no error", async () => {
    const demo = await startDemo();
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(
      demo.lines.items.find((line) => line.startsWith("curl")) ?? "",
    );
    expect((await fetch(`${address?.[0]}/players/1`)).status).toBe(200);
    for (const person of ["VISITOR", "PLAYER", "ADMIN"])
      expect(demo.lines.items).toContainEqual(expect.stringMatching(`^export ${person}=ey`));

    demo.lines.clear();
    signalGroup(demo.group, "SIGINT");
    expect(await demo.closed).toEqual([0, null]);
    expect(signalGroup(demo.group, 0)).toBe(false);
    expect(demo.lines.items.filter((line) => /error|warn|fail/i.test(line))).toEqual([]);
  });

  test("reports that a service ended; `demo:service` starts it again, and ends with the demo", async () => {
    const demo = await startDemo();
    const up = demo.lines.items.find((line) => line.includes("player is up")) ?? "";
    process.kill(Number(/\d+$/.exec(up)?.[0]), "SIGKILL");
    await demo.lines.waitFor((line) => line.endsWith("npx pnpm demo:service player"));

    demo.lines.clear();
    const service = runProgram("service-process.ts", "player");
    await service.lines.waitFor((line) => line.startsWith("player is up"), timeoutMs);
    signalGroup(demo.group, "SIGTERM");
    expect(await demo.closed).toEqual([0, null]);
    await service.lines.waitFor((line) => line.startsWith("The demo has ended"));
    expect(await service.closed).toEqual([0, null]);
  });

  test("the services end with the demo, even if it is killed", async () => {
    const demo = await startDemo();
    demo.child.kill("SIGKILL");
    await vi.waitFor(() => expect(signalGroup(demo.group, 0)).toBe(false), timeoutMs);
  });

  test("Ctrl-C during the start leaves no process", async () => {
    const demo = runProgram("demo.ts", "--port", String(await freePort()));
    await demo.lines.waitFor((line) => line.includes("listening"), timeoutMs);
    signalGroup(demo.group, "SIGINT");
    expect(await demo.closed).toEqual([0, null]);
    expect(signalGroup(demo.group, 0)).toBe(false);
  });
});

describe("demo:service", () => {
  test("prints what to do if the demo is not running", async () => {
    const { lines, closed } = runProgram("service-process.ts", "player");
    expect(await closed).toEqual([1, null]);
    expect(lines.items.join("\n")).toContain("npx pnpm demo");
  });

  test("prints its usage", async () => {
    const { lines, closed } = runProgram("service-process.ts", "goalkeeper");
    expect(await closed).toEqual([1, null]);
    expect(lines.items[0]).toContain("player|team|match");
  });

  test("prints a fragment as JSON", async () => {
    const { lines, closed } = runProgram("service-process.ts", "team", "--print");
    expect(await closed).toEqual([0, null]);
    expect(JSON.parse(lines.items.join("\n"))).toHaveProperty("protocol.REST.basePath", "/teams");
  });
});
