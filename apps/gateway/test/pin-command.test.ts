import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { silentLogger, TidegateError } from "@tidegate/core-registry";
import type { Pin } from "@tidegate/core-registry/registry";
import { recorder } from "@tidegate/plugin-testkit";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openAdmin } from "../src/admin/admin.ts";
import { pinText } from "../src/cli/pin.ts";
import { branchOf } from "./fixture.ts";

const cli = join(import.meta.dirname, "../src/cli.ts");
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-pin-"));
});
afterEach(() => rm(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a child process that looks for sockets in the test's folder. */
function tidegate(...args: readonly string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const node = ["--conditions=@tidegate/source", cli, ...args];
  execFile(process.execPath, node, { cwd: folder, env: environment() }, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
  });
  return promise;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, FORCE_COLOR: undefined, XDG_RUNTIME_DIR: folder, TMPDIR: folder };
}

/** Opens an admin socket for a registry that only stores pins. */
async function running(socket: string): Promise<readonly Pin[]> {
  const pins: Pin[] = [];
  const registry = {
    branches: () => [branchOf({ pins })],
    pin: async (pin: Pin) => {
      if (pin.branch === "nope") throw new TidegateError("BRANCH_UNKNOWN", "There is no branch 'nope'.");
      pins.push(pin);
    },
    unpin: async () => void pins.pop(),
  };
  const admin = await openAdmin({ registry, socket, port: 1, logger: silentLogger });
  onTestFinished(() => admin?.close());
  return pins;
}

describe("tidegate pin, unpin, pins", () => {
  test("set, list and end pins of a branch and of a service", async () => {
    const socket = join(folder, "a.sock");
    const pins = await running(socket);
    const at = ["--socket", socket];
    expect(await tidegate("pins", ...at)).toEqual({ code: 0, stdout: "Nothing is pinned.\n", stderr: "" });
    expect((await tidegate("pin", "master@1a2b3c4d", ...at)).stdout).toBe(
      "Pinned master@1a2b3c4d. End the pin with: tidegate unpin master\n",
    );
    expect((await tidegate("pin", "next", "v2.player@0123abcd", ...at)).stdout).toBe(
      "Pinned v2.player@0123abcd on next. End the pin with: tidegate unpin next v2.player\n",
    );
    expect(pins).toEqual([
      { branch: "master", to: "1a2b3c4d" },
      { branch: "next", service: "v2.player", to: "0123abcd" },
    ]);
    expect((await tidegate("pins", ...at)).stdout).toBe("master@1a2b3c4d\nv2.player@0123abcd on next\n");
    expect((await tidegate("unpin", "next", "v2.player", ...at)).stdout).toContain("v2.player on next");
    expect(pins).toHaveLength(1);
  });

  test("a pin that the gateway refuses: exit code 1 and the reason", async () => {
    const socket = join(folder, "a.sock");
    await running(socket);
    const { code, stdout, stderr } = await tidegate("pin", "nope@1a2b3c4d", "--socket", socket);
    expect([code, stdout, stderr]).toEqual([1, "", "There is no branch 'nope'.\n"]);
  });

  test("no running gateway: exit code 1 and what to do", async () => {
    const here = await tidegate("pins");
    expect(here.code).toBe(1);
    expect(here.stderr).toContain(
      "Start one with tidegate start, or pass the path of its socket with --socket PATH",
    );
    const there = await tidegate("pin", "master@1a2b3c4d", "--socket", join(folder, "nope.sock"));
    expect([there.code, there.stderr]).toEqual([1, expect.stringContaining("nope.sock. Start one with")]);
  });

  test("a wrong command line: exit code 2 and an example", async () => {
    const wrong = await Promise.all([
      tidegate("pin"),
      tidegate("pin", "master"),
      tidegate("pin", "master@v1"),
      tidegate("pin", "master@1a2b3c4d", "player@0123abcd"),
      tidegate("pin", "master", "player"),
      tidegate("pin", "master@1a2b3c4d", "--sockt", "x"),
      tidegate("unpin"),
      tidegate("unpin", "../x"),
      tidegate("pins", "master"),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual(Array(wrong.length).fill(2));
    expect(wrong[2]?.stderr).toContain(
      "Not a version of a branch: master@v1. Example: tidegate pin master@1a2b3c4d",
    );
    expect(wrong[4]?.stderr).toContain("tidegate pin master player@1a2b3c4d");
    expect(wrong[5]?.stderr).toContain("Did you mean --socket?");
  });

  test("--help lists the arguments", async () => {
    const [pin, unpin, pins] = await Promise.all(
      ["pin", "unpin", "pins"].map((command) => tidegate(command, "--help")),
    );
    for (const word of ["TARGET", "SERVICE", "--socket"]) expect(pin?.stdout).toContain(word);
    expect(unpin?.stdout).toContain("BRANCH");
    expect(pins?.stdout).toContain("Show what is pinned");
    expect(pin?.stdout).not.toContain("\u001b");
  });
});

test("pinText colours the name, and removes control characters", () => {
  const pin = { branch: "next", service: "pl\u001b[2Jayer", to: "0123abcd" };
  expect(pinText(pin, false)).toBe("player@0123abcd on next");
  expect(pinText(pin, true)).toBe("\u001b[1mplayer@0123abcd\u001b[22m on next");
});

describe("the admin socket of tidegate start", () => {
  /** Starts a gateway on a free port and waits for its admin socket. */
  async function start() {
    await writeFile(
      join(folder, "gateway.config.json"),
      JSON.stringify({ brokers: [{ moleculer: { transporter: null } }] }),
    );
    const node = ["--conditions=@tidegate/source", cli, "start", "--port", "0"];
    const child = spawn(process.execPath, node, { cwd: folder, env: environment() });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines = recorder<string>("lines of the gateway");
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => lines.push(line));
    const line = await lines.waitFor((one) => one.includes("admin socket"), 50_000);
    return { child, socket: line.slice(line.indexOf("admin socket") + 13) };
  }

  test("is found automatically, and removed after Ctrl-C", async () => {
    const { child, socket } = await start();
    expect(socket).toMatch(/tidegate-\d+\.sock$/);
    expect((await tidegate("pins")).stdout).toBe("Nothing is pinned.\n");
    const ended = once(child, "close");
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(await readdir(join(folder, "tidegate"))).toEqual([]);
  });

  test("is ignored if a killed gateway left it behind", async () => {
    const { child } = await start();
    child.kill("SIGKILL");
    await once(child, "close");
    expect(await readdir(join(folder, "tidegate"))).toHaveLength(1);
    expect((await tidegate("pins")).stderr).toContain("No gateway answers on");
  });

  test("must be chosen with --socket if several gateways run", async () => {
    await mkdir(join(folder, "tidegate"));
    const sockets = [8080, 8081].map((port) => join(folder, `tidegate/tidegate-${port}.sock`));
    for (const socket of sockets) await running(socket);
    const { code, stderr } = await tidegate("pins");
    expect([code, stderr]).toEqual([
      1,
      `Several gateways run on this machine. Choose one:\n${sockets.map((socket) => `  --socket ${socket}\n`).join("")}`,
    ]);
  });
});
