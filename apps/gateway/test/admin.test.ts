import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { silentLogger, TidegateError } from "@tidegate/core-registry";
import type { Pin, PinTarget } from "@tidegate/core-registry/registry";
import { memoryBroker, recorder } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Admin, type AdminRegistry, openAdmin } from "../src/admin/admin.ts";
import { createDefaultGateway } from "../src/index.ts";
import { branchOf } from "./fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-admin-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A registry that only stores pins. */
function pinned(): AdminRegistry & { readonly pins: Pin[] } {
  const pins: Pin[] = [];
  const drop = ({ branch, service }: PinTarget): void => {
    const at = pins.findIndex((pin) => pin.branch === branch && pin.service === service);
    if (at !== -1) pins.splice(at, 1);
  };
  return {
    pins,
    branches: () => [branchOf({ pins })],
    pin: async (pin) => {
      if (pin.to === "00000000")
        throw new TidegateError("VERSION_UNKNOWN", "master has no version 00000000.");
      if (pin.to === "ffffffff") throw new Error("secret of the inside");
      drop(pin);
      pins.push(pin);
    },
    unpin: async (target) => drop(target),
  };
}

async function open(registry: AdminRegistry = pinned(), socket = join(folder, "a.sock")): Promise<Admin> {
  const admin = await openAdmin({ registry, socket, port: 1, logger: silentLogger });
  if (admin === undefined) throw new Error("The admin socket was not opened.");
  onTestFinished(() => admin.close());
  return admin;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

function ask({ socket }: Pick<Admin, "socket">, method: string, body = "", path = "/pins"): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { "content-length": Buffer.byteLength(body) };
  const sent = request({ socketPath: socket, method, path, headers }, (response) => {
    text(response)
      .then((json) => ({ status: response.statusCode, headers: response.headers, body: JSON.parse(json) }))
      .then(resolve, reject);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

const post = (admin: Admin, body: object) => ask(admin, "POST", JSON.stringify(body));

describe("S9.11: the admin socket", () => {
  test("sets, lists and ends pins; every answer lists the pins after the request", async () => {
    const admin = await open();
    const branch = { branch: "master", to: "1a2b3c4d" };
    const service = { branch: "master", service: "v2.player", to: "0123abcd" };
    expect(await ask(admin, "GET")).toMatchObject({ status: 200, body: { pins: [] } });
    expect(await post(admin, branch)).toMatchObject({ status: 200, body: { pins: [branch] } });
    expect((await post(admin, service)).body).toEqual({ pins: [branch, service] });
    const ended = await ask(admin, "DELETE", JSON.stringify({ branch: "master", service: "v2.player" }));
    expect(ended).toMatchObject({ status: 200, body: { pins: [branch] } });
    expect((await ask(admin, "GET")).body).toEqual({ pins: [branch] });
  });

  test("answers a problem with the reason if the registry refuses, and hides internal errors", async () => {
    const admin = await open();
    const unknown = await post(admin, { branch: "master", to: "00000000" });
    expect(unknown).toMatchObject({
      status: 404,
      headers: { "content-type": "application/problem+json" },
      body: { code: "VERSION_UNKNOWN", detail: "master has no version 00000000.", status: 404 },
    });
    const failed = await post(admin, { branch: "master", to: "ffffffff" });
    expect([failed.status, failed.body.code]).toEqual([500, "INTERNAL"]);
    expect(JSON.stringify(failed.body)).not.toContain("secret");
  });

  test.each([
    ["POST", "{", "BODY_MALFORMED"],
    ["POST", "", "BODY_MALFORMED"],
    ["POST", "[]", "BAD_REQUEST"],
    ["POST", '{"branch":"master"}', "BAD_REQUEST"],
    ["POST", '{"branch":"master","to":"latest"}', "BAD_REQUEST"],
    ["POST", '{"branch":"../x","to":"1a2b3c4d"}', "BAD_REQUEST"],
    ["POST", '{"branch":"master","to":"1a2b3c4d","more":1}', "BAD_REQUEST"],
    ["DELETE", '{"branch":"master","service":""}', "BAD_REQUEST"],
    ["PUT", "{}", "METHOD_NOT_ALLOWED"],
  ])("refuses %s %s: %s", async (method, body, code) => {
    const registry = pinned();
    expect((await ask(await open(registry), method, body)).body.code).toBe(code);
    expect(registry.pins).toEqual([]);
  });

  test("limits the size of bodies, and serves no other path", async () => {
    const admin = await open();
    expect((await ask(admin, "POST", "x".repeat(1_000_000))).body.code).toBe("BODY_TOO_LARGE");
    expect((await ask(admin, "GET", "", "/~status")).status).toBe(404);
    expect((await ask(admin, "PUT")).headers.allow).toBe("GET, POST, DELETE");
  });
});

describe("the admin socket's file", () => {
  test("has mode 0600, leaves no other file in its folder, and is removed on close", async () => {
    const admin = await open();
    expect((await stat(admin.socket)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["a.sock"]);
    await Promise.all([admin.close(), admin.close()]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("is removed when the process exits without closing it", async () => {
    const module = new URL("../src/admin/socket.ts", import.meta.url);
    const script = [
      'import { createServer } from "node:http";',
      'import { existsSync } from "node:fs";',
      `import { listenPrivately } from ${JSON.stringify(module.href)};`,
      'await listenPrivately(createServer(), "a.sock");',
      'process.exit(existsSync("a.sock") ? 3 : 4);',
    ];
    const args = ["--conditions=@tidegate/source", "--input-type=module", "-e", script.join("\n")];
    const child = spawn(process.execPath, args, { cwd: folder });
    expect(await once(child, "close")).toEqual([3, null]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("replaces a socket on which no process answers", async () => {
    await leaveStale(join(folder, "a.sock"));
    expect((await ask(await open(), "GET")).status).toBe(200);
    expect(await readdir(folder)).toEqual(["a.sock"]);
  });

  test("does not replace the socket of a running gateway", async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("another gateway answers on"),
    });
    expect((await ask(first, "GET")).status).toBe(200);
    expect(await readdir(folder)).toEqual(["a.sock"]);
  });

  test("does not remove a file that is not a socket", async () => {
    const path = join(folder, "a.sock");
    await writeFile(path, "precious");
    await expect(open()).rejects.toThrow("is not a socket");
    expect((await stat(path)).size).toBe(8);
    await rm(path);
    await symlink(join(folder, "elsewhere"), path);
    await expect(open()).rejects.toThrow("is not a socket");
  });

  test("refuses a path that is too long or in a missing folder", async () => {
    await expect(open(pinned(), join(folder, "x".repeat(120)))).rejects.toThrow("longer than 103 bytes");
    await expect(open(pinned(), join(folder, "nope/a.sock"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("does not remove another socket that replaced it", async () => {
    const first = await open();
    await rm(first.socket);
    const second = await open();
    await first.close();
    expect((await ask(second, "GET")).status).toBe(200);
  });
});

describe("the default path of the admin socket", () => {
  const openDefault = async (port: number, lines = recorder<string>("warning")) => {
    const logger = { ...silentLogger, warn: (message: string) => lines.push(message) };
    const admin = await openAdmin({ registry: pinned(), port, logger });
    onTestFinished(() => admin?.close());
    return admin;
  };

  test("is named after the port, in a private folder of the user's runtime folder", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", folder);
    const admin = await openDefault(8080);
    expect(admin?.socket).toBe(join(folder, "tidegate/tidegate-8080.sock"));
    expect((await stat(join(folder, "tidegate"))).mode & 0o777).toBe(0o700);
  });

  test("is in the folder for temporary files if there is no runtime folder", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", "");
    vi.stubEnv("TMPDIR", folder);
    expect((await openDefault(8080))?.socket).toBe(
      join(folder, `tidegate-${process.getuid?.()}/tidegate-8080.sock`),
    );
  });

  test("is not used if other users can write to its folder: the gateway warns and runs without", async () => {
    vi.stubEnv("XDG_RUNTIME_DIR", "");
    vi.stubEnv("TMPDIR", folder);
    const own = join(folder, `tidegate-${process.getuid?.()}`);
    await mkdir(own);
    await chmod(own, 0o777);
    const lines = recorder<string>("warning");
    expect(await openDefault(8080, lines)).toBeUndefined();
    expect(lines.items).toEqual([expect.stringContaining("is not a folder of this user alone")]);
  });
});

describe("the admin socket of a gateway", () => {
  const partsOf = () => ({
    brokers: [memoryBroker().broker],
    protocols: [rest()],
    policies: [],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
  });

  test("is open as long as the gateway runs", async () => {
    const socket = join(folder, "gateway.sock");
    const gateway = createDefaultGateway({ ...partsOf(), admin: { socket } });
    onTestFinished(() => gateway.stop());
    expect(gateway.adminSocket).toBeUndefined();
    await gateway.start();
    expect(gateway.adminSocket).toBe(socket);
    expect((await ask({ socket }, "GET")).body).toEqual({ pins: [] });
    expect(await (await fetch(`${gateway.listening[0]?.url}/pins`)).json()).toMatchObject({ status: 404 });
    await gateway.stop();
    expect(gateway.adminSocket).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  test("is closed by default; a configured path that cannot be opened makes the start fail", async () => {
    const without = createDefaultGateway(partsOf());
    onTestFinished(() => without.stop());
    await without.start();
    expect(without.adminSocket).toBeUndefined();
    const failing = createDefaultGateway({ ...partsOf(), admin: { socket: join(folder, "nope/a.sock") } });
    onTestFinished(() => failing.stop());
    await expect(failing.start()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await failing.stop();
    expect(failing.listening).toEqual([]);
  });
});

/** Leaves a socket behind, as a killed gateway does. */
async function leaveStale(path: string): Promise<void> {
  const made = join(folder, "made");
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(made, resolve));
  await rename(made, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect((await stat(path)).isSocket()).toBe(true);
}
