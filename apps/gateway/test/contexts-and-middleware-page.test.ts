import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { compose } from "../src/config/compose.ts";
import { loadConfig } from "../src/config/load.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { ask, readPage } from "./page.ts";

const files = ["gateway.config.ts", "tenant.ts", "access-log.ts", "headers.ts", "door.ts", "cross-origin.ts"];
const blocks = await readPage("docs/contexts-and-middleware.md");
const packages = join(import.meta.dirname, "../../../packages");

const folder = await mkdtemp(join(tmpdir(), "tidegate-middleware-"));
afterAll(() => rm(folder, { recursive: true }));
await mkdir(join(folder, "node_modules/@tidegate"), { recursive: true });
await symlink(join(import.meta.dirname, ".."), join(folder, "node_modules/@tidegate/gateway"));
for (const name of ["core-registry", "server-h3"])
  await symlink(join(packages, name), join(folder, "node_modules/@tidegate", name));
await symlink(join(packages, "server-h3/node_modules/h3"), join(folder, "node_modules/h3"));
for (const name of files) await writeFile(join(folder, name), blocks(`ts ${name}`)[0] ?? "");

const fragment = {
  protocol: {
    REST: {
      basePath: "/",
      routes: [
        {
          method: "GET",
          path: "/tenant",
          call: { action: "player.tenant", params: { tenant: "@context.tenant" } },
        },
        { method: "GET", path: "/open", call: { action: "player.tenant", params: { tenant: "none" } } },
      ],
    },
  },
};

/** Starts the gateway of the page with one service, on a free port. */
async function start(): Promise<string> {
  const { value } = await loadConfig(undefined, folder);
  const { server, ...config } = Object(value);
  const bus = memoryBroker();
  const protocol = { http: { port: 0 } };
  const resolved = readConfig({
    ...config,
    server: { ...server, protocol },
    brokers: [bus.broker],
    admin: false,
  });
  const gateway = createDefaultGateway({ ...compose(resolved), logger: silentLogger });
  onTestFinished(() => gateway.stop());
  bus.node("n1").publish({
    name: "player",
    revision: 1,
    fragment,
    actions: { tenant: ({ params }) => Object(params).tenant },
  });
  const [listening] = await gateway.start();
  return String(listening?.url);
}

test("S18: the files of the page work together", async () => {
  const printed = vi.spyOn(console, "log").mockReturnValue(undefined);
  onTestFinished(() => printed.mockRestore());
  const url = await start();
  expect(await ask(`${url}/tenant`, ["host", "acme.example.com"])).toEqual({ status: 200, body: "acme" });
  expect((await ask(`${url}/tenant`)).status).toBe(404);
  expect((await ask(`${url}/open`)).status).toBe(200);
  expect(await ask(`${url}/ping`)).toEqual({ status: 200, body: "pong" });

  const response = await fetch(`${url}/~status`, { headers: { origin: "https://app.example.com" } });
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example.com");

  const client = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const [upgraded] = await once(client, "upgrade");
  client.terminate();
  expect(upgraded.headers["x-content-type-options"]).toBe("nosniff");

  const lines = printed.mock.calls.map(([line]) => String(line).replace(/ \d+ ms [\w-]+$/, ""));
  expect(lines).toEqual([
    "127.0.0.1 GET /tenant 200",
    "127.0.0.1 GET /tenant 404",
    "127.0.0.1 GET /open 200",
    "127.0.0.1 GET /ping 200",
    "127.0.0.1 GET /~status 200",
    "127.0.0.1 GET /graphql 101",
  ]);
});

test.each([
  ["access-log.ts", 10],
  ["headers.ts", 6],
])("S18: the example %s has at most %i lines", (name, most) => {
  const lines = (blocks(`ts ${name}`)[0] ?? "").trim().split("\n");
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.length).toBeLessThanOrEqual(most);
});
