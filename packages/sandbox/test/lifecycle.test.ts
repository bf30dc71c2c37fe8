import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { systemClock } from "@tidegate/core-registry";
import { describe, expect, test, vi } from "vitest";
import { sandbox } from "../src/index.ts";
import { makePool, type PoolOptions } from "../src/process/pool.ts";
import { languageGlobals } from "../src/text/globals.ts";
import { compiled } from "./support/compile.ts";

/** The sandbox processes that a process has started and that are not gone. */
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

const poolOptions: PoolOptions = {
  settings: {
    timeout: 50,
    memory: 32,
    maxResult: 1000,
    maxLines: 5,
    maxLine: 100,
    globals: languageGlobals,
    util: "({})",
  },
  maxOffences: 3,
  clock: systemClock,
};

describe("S11.2 processes", () => {
  test("start makes one ready and a spare; stop leaves none, and what still runs fails", async () => {
    const box = sandbox({ timeout: 5000 });
    const before = new Set(childrenOf(process.pid));
    await box.start();
    await vi.waitFor(() => expect(childrenOf(process.pid).filter((pid) => !before.has(pid))).toHaveLength(2));
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

  test("those that are killed leave nothing behind", async () => {
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

  test("one that somebody else ends is replaced", async () => {
    const box = sandbox();
    const before = new Set(childrenOf(process.pid));
    const good = compiled(box, "({ n }) => n");
    expect(await good.call({ n: 1 })).toBe(1);
    for (const pid of childrenOf(process.pid).filter((pid) => !before.has(pid))) process.kill(pid, "SIGKILL");
    expect(await good.call({ n: 2 })).toBe(2);
    expect(good.broke).toEqual([]);
    await box.stop();
  });

  test("start says why where isolated-vm cannot be loaded, and calls do not wait", async () => {
    const pool = makePool({ ...poolOptions, execArgv: ["--no-addons"] });
    const error = await pool.start().catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "DEPENDENCY_UNAVAILABLE",
      message: "The sandbox cannot start a process",
    });
    expect(String(Object(error).cause)).toContain("addons");
    await pool.stop();
  });

  test("start says why where there is no Node", async () => {
    const pool = makePool({ ...poolOptions, execPath: "/nowhere/node" });
    const error = await pool.start().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "DEPENDENCY_UNAVAILABLE" });
    expect(String(Object(error).cause)).toContain("ENOENT");
    await pool.stop();
  });
});

describe("when the gateway dies", () => {
  const entry = new URL("../src/index.ts", import.meta.url).href;
  const program = (body: string): string => `
    const { sandbox } = await import(${JSON.stringify(entry)});
    const box = sandbox({ timeout: 2000 });
    const f = box.compile("({ n }) => { while (n); return 1; }", { label: "x", service: "x", console() {}, broke() {} });
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
  ])("its %s processes end", async (_kind, extra) => {
    const gateway = run(`${extra} setInterval(() => {}, 1000); console.log("up");`);
    await once(gateway.stdout, "data");
    const pid = gateway.pid ?? 0;
    await vi.waitFor(() => expect(childrenOf(pid)).toHaveLength(2));
    const children = childrenOf(pid);
    gateway.kill("SIGKILL");
    await once(gateway, "exit");
    await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]), { timeout: 15_000 });
  });

  test("a process that nobody can reach any more ends a call that does not end", async () => {
    const guard = new URL("../src/child/guard.ts", import.meta.url).href;
    const stuck = `
      const { Worker } = require("node:worker_threads");
      const progress = new Int32Array(new SharedArrayBuffer(4)).fill(1);
      new Worker(new URL(${JSON.stringify(guard)}), { workerData: { progress, limit: 20 } });
      for (;;);`;
    expect(await once(spawn(process.execPath, ["-e", stuck]), "exit")).toEqual([null, "SIGKILL"]);
  });

  test("S31 a gateway that has nothing left to do ends by itself, with code 0", async () => {
    const gateway = run("");
    expect(await once(gateway, "exit")).toEqual([0, null]);
  });
});

test("the built package works", async (context) => {
  const built = new URL("../dist/index.js", import.meta.url);
  if (!existsSync(built)) context.skip("dist is not there: run `tsc -b packages/sandbox`");
  const program = `
    const { sandbox } = await import(${JSON.stringify(built.href)});
    const box = sandbox();
    const f = box.compile("({ n }) => n + 1", { label: "x", service: "x", console() {}, broke() {} });
    console.log(await f.call({ n: 1 }));
    await box.stop();`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(out.trim()).toBe("2");
});
