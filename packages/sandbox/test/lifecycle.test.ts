import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { systemClock } from "@tidegate/core-registry";
import { describe, expect, test, vi } from "vitest";
import { sandbox } from "../src/index.ts";
import { ProcessPool, type ProcessPoolOptions } from "../src/process/pool.ts";
import { childSettings, compiled } from "./support/compile.ts";

/** The running sandbox processes that a process has started. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, , parent, args]) => Number(parent) === pid && args?.includes("/child/main."))
    .map(([, child]) => Number(child));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const withoutProc = "the CPU time of a process is read from /proc";

/** The CPU time in milliseconds that a process has used. Linux shows it in units of 10 ms. */
function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/**
 * Resolves with the process that runs functions and the spare, when both wait for work.
 * @returns a function that resolves with the one that executes a call then
 */
async function idle(own: () => number[]): Promise<() => Promise<number>> {
  let before = new Map<number, number>();
  const isIdle = (): boolean => {
    const now = new Map(own().map((pid) => [pid, cpuTime(pid)]));
    const isSame = now.size === 2 && [...now].every(([pid, time]) => before.get(pid) === time);
    before = now;
    return isSame;
  };
  await vi.waitUntil(isIdle, { ...patient, interval: 100 });
  const alive = (): number[] => own().filter((pid) => before.has(pid));
  // An idle process needs less: only a loop uses that much.
  const executes = (pid: number): boolean => cpuTime(pid) - (before.get(pid) ?? 0) >= 100;
  return () => vi.waitUntil(() => alive().find(executes), { ...patient, interval: 1 });
}

const poolOptions: ProcessPoolOptions = {
  settings: childSettings,
  maxOffences: 3,
  clock: systemClock,
};

/** Processes start slowly on a loaded machine. */
vi.setConfig({ testTimeout: 60_000 });
const patient = { timeout: 30_000 };

describe("S11.2 processes", () => {
  test("start starts one process and a spare; stop ends both, and running calls fail", async () => {
    const box = sandbox({ timeout: 5000 });
    const before = new Set(childrenOf(process.pid));
    await box.start();
    await vi.waitFor(
      () => expect(childrenOf(process.pid).filter((pid) => !before.has(pid))).toHaveLength(2),
      patient,
    );
    const loop = compiled(box, "() => { for (;;); }");
    const running = loop.failure();
    const started = childrenOf(process.pid).filter((pid) => !before.has(pid));
    await box.stop();
    await box.stop();
    expect(await running).toMatch(/^DEPENDENCY_UNAVAILABLE: The sandbox was stopped/);
    expect(await loop.failure()).toMatch(/^DEPENDENCY_UNAVAILABLE/);
    expect(started.filter(isAlive)).toEqual([]);
    await expect(box.start()).rejects.toMatchObject({ code: "DEPENDENCY_UNAVAILABLE" });
  });

  test("no killed process remains", async () => {
    const box = sandbox();
    const before = new Set(childrenOf(process.pid));
    for (let n = 0; n < 3; n++) {
      const bomb = compiled(
        box,
        "() => { const b = 2n ** (2n ** 23n); return (b * b).toString().length; }",
        `s${n}`,
      );
      expect(await bomb.failure()).toMatch(/^FUNCTION_(TIMEOUT|MEMORY)/);
    }
    await box.stop();
    expect(childrenOf(process.pid).filter((pid) => !before.has(pid))).toEqual([]);
  });

  test("a process that another program kills is replaced", async () => {
    const box = sandbox();
    const before = new Set(childrenOf(process.pid));
    const good = compiled(box, "({ n }) => n");
    expect(await good.call({ n: 1 })).toBe(1);
    for (const pid of childrenOf(process.pid).filter((pid) => !before.has(pid))) process.kill(pid, "SIGKILL");
    expect(await good.call({ n: 2 })).toBe(2);
    expect(good.exceeded).toEqual([]);
    await box.stop();
  });

  test("a call runs again where its process and the spare are killed while they start", async () => {
    const box = sandbox();
    const before = new Set(childrenOf(process.pid));
    const starting = () => childrenOf(process.pid).filter((pid) => !before.has(pid));
    const good = compiled(box, "({ n }) => n");
    const result = good.call({ n: 1 });
    await vi.waitFor(() => expect(starting()).toHaveLength(2), { ...patient, interval: 1 });
    for (const pid of starting()) process.kill(pid, "SIGKILL");
    expect(await result).toBe(1);
    expect(await good.call({ n: 2 })).toBe(2);
    expect(good.exceeded).toEqual([]);
    await box.stop();
  });

  test("a call runs once more where its process and the spare are killed while it runs", async (context) => {
    if (process.platform !== "linux") context.skip(withoutProc);
    const box = sandbox({ timeout: 10_000 });
    const before = new Set(childrenOf(process.pid));
    const own = () => childrenOf(process.pid).filter((pid) => !before.has(pid));
    const good = compiled(box, "({ end }) => { while (Date.now() < end); return 'done'; }");
    expect(await good.call({ end: 0 })).toBe("done");
    const executing = await idle(own);
    // The loop ends when the processes were killed: the second run finds the time over, or soon over.
    const end = Date.now() + 6_000;
    const result = good.call({ end });
    await executing();
    for (const pid of own()) process.kill(pid, "SIGKILL");
    expect(await result).toBe("done");
    expect(good.exceeded).toEqual([]);
    await box.stop();
  });

  test("a call is blamed for memory where its process is killed twice", async (context) => {
    if (process.platform !== "linux") context.skip(withoutProc);
    const box = sandbox({ timeout: 10_000 });
    const before = new Set(childrenOf(process.pid));
    const own = () => childrenOf(process.pid).filter((pid) => !before.has(pid));
    const loop = compiled(box, "({ n }) => { while (n); return n; }", "hungry");
    expect(await loop.call({ n: 0 })).toBe(0);
    const executing = await idle(own);
    const failure = loop.failure({ n: 1 });
    // As the system does where memory is short: it kills the process that takes most.
    for (let kills = 0; kills < 2; kills++) {
      const busy = await executing();
      process.kill(busy, "SIGKILL");
      await vi.waitFor(() => expect(isAlive(busy)).toBe(false), patient);
    }
    expect(await failure).toMatch(/^FUNCTION_MEMORY/);
    await box.stop();
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "S12.1 %s for the whole process group does not end the processes: the gateway still serves",
    async (signal) => {
      const box = sandbox();
      const before = new Set(childrenOf(process.pid));
      const good = compiled(box, "({ n }) => n");
      expect(await good.call({ n: 1 })).toBe(1);
      const started = childrenOf(process.pid).filter((pid) => !before.has(pid));
      for (const pid of started.slice(0, 1)) process.kill(pid, signal);
      expect(await good.call({ n: 2 })).toBe(2);
      expect(started.slice(0, 1).filter(isAlive)).toEqual(started.slice(0, 1));
      await box.stop();
    },
  );

  test("start rejects with the reason where isolated-vm cannot be loaded", async () => {
    const pool = new ProcessPool({ ...poolOptions, execArgv: ["--no-addons"] });
    const error = await pool.start().catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "DEPENDENCY_UNAVAILABLE",
      message: "The sandbox cannot start a process",
    });
    expect(String(Object(error).cause)).toContain("addons");
    await pool.stop();
  });

  test("start rejects with the reason where Node does not exist", async () => {
    const pool = new ProcessPool({ ...poolOptions, execPath: "/nowhere/node" });
    const error = await pool.start().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "DEPENDENCY_UNAVAILABLE" });
    expect(String(Object(error).cause)).toContain("ENOENT");
    await pool.stop();
  });
});

describe("processes end with the gateway", () => {
  const entry = new URL("../src/index.ts", import.meta.url).href;
  const program = (body: string): string => `
    const { sandbox } = await import(${JSON.stringify(entry)});
    const box = sandbox({ timeout: 2000 });
    const options = { label: "x", service: "x", console() {}, onLimitExceeded() {} };
    const f = box.compile("({ n }) => { while (n); return 1; }", options);
    await f.call({ n: 0 });
    await box.start();
    ${body}`;
  const run = (body: string) =>
    spawn(process.execPath, ["--conditions=@tidegate/source", "--input-type=module", "-e", program(body)], {
      stdio: ["ignore", "pipe", "inherit"],
    });

  test.each([
    ["idle", ""],
    ["busy", "f.call({ n: 1 }).catch(() => {});"],
  ])("%s processes end when the gateway is killed", async (_kind, extra) => {
    const gateway = run(`${extra} setInterval(() => {}, 1000); console.log("up");`);
    await once(gateway.stdout, "data");
    const pid = gateway.pid ?? 0;
    await vi.waitFor(() => expect(childrenOf(pid)).toHaveLength(2), patient);
    const children = childrenOf(pid);
    gateway.kill("SIGKILL");
    await once(gateway, "exit");
    await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]), patient);
  });

  test("a process without a gateway kills itself where a call does not return", async () => {
    const thread = new URL("../src/child/watchdog-thread.ts", import.meta.url).href;
    const stuck = `
      const { Worker } = require("node:worker_threads");
      const progress = new Int32Array(new SharedArrayBuffer(4)).fill(1);
      new Worker(new URL(${JSON.stringify(thread)}), { workerData: { progress, timeout: 20 } });
      for (;;);`;
    expect(await once(spawn(process.execPath, ["-e", stuck]), "exit")).toEqual([null, "SIGKILL"]);
  });

  test("sandbox-31 a gateway without work exits with code 0", async () => {
    const gateway = run("");
    expect(await once(gateway, "exit")).toEqual([0, null]);
  });
});

test("the built package works", async (context) => {
  const built = new URL("../dist/index.js", import.meta.url);
  if (!existsSync(built)) context.skip("dist does not exist: run `tsc -b packages/sandbox`");
  const program = `
    const { sandbox } = await import(${JSON.stringify(built.href)});
    const box = sandbox();
    const options = { label: "x", service: "x", console() {}, onLimitExceeded() {} };
    const f = box.compile("({ n }) => n + 1", options);
    console.log(await f.call({ n: 1 }));
    await box.stop();`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(out.trim()).toBe("2");
});
