import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { loadModule } from "../src/cli/fragment-file/load.ts";
import { readFragments } from "../src/cli/fragment-file/read.ts";
import { type Ran, runCommand } from "./command.ts";

const service = join(import.meta.dirname, "../../../packages/service-moleculer");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-modules-"));
  await mkdir(join(folder, "node_modules/@tidegate"), { recursive: true });
  await symlink(service, join(folder, "node_modules/@tidegate/service-moleculer"));
  await symlink(join(service, "node_modules/moleculer"), join(folder, "node_modules/moleculer"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a file and checks it. */
async function check(name: string, text: string, ...args: readonly string[]): Promise<Ran> {
  await writeFile(join(folder, name), text);
  return runCommand(folder, "check", name, ...args);
}

const rest = (route: string): string =>
  `{ protocol: { REST: { basePath: "/players", routes: [${route}] } } }`;
const fine = rest(`{ method: "GET", path: "/:id", call: "player.get" }`);
const faulty = rest(`\n{ method: "FETCH", path: "/:id", call: "player.get" }`);

describe("S1.7: tidegate check takes modules", () => {
  test.each([
    ["fragment.ts", `const api: object = ${fine};\nexport default api;`, "fragment"],
    ["fragment.mjs", `export default ${fine};`, "fragment"],
    ["fragment.cjs", `module.exports = ${fine};`, "fragment"],
    ["compiled.cjs", `exports.__esModule = true; exports.default = ${fine};`, "compiled"],
    [
      "schema.js",
      `module.exports = { name: "player", version: 2, metadata: { api: ${fine} } };`,
      "v2.player",
    ],
    [
      "mixin.ts",
      `import { tidegate } from "@tidegate/service-moleculer";
       export default { name: "player", mixins: [{ methods: {} }, tidegate({ api: ${fine} })] };`,
      "player",
    ],
  ])("%s: the fragment and the name of its service", async (name, text, subject) => {
    await writeFile(join(folder, name), text);
    expect(await readFragments(join(folder, name))).toMatchObject([
      { service: subject, fragment: { protocol: { REST: { basePath: "/players" } } } },
    ]);
  });

  test("an accepted service schema: exit code 0 and the changes", async () => {
    const { code, stdout, stderr } = await check(
      "player.service.ts",
      `export default { name: "player", metadata: { api: ${fine} } } as const;`,
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("player on master: accepted");
    expect(stdout).toContain("+ GET /players/:id");
  });

  test("a list: each fragment has its report, and its findings the place in the file", async () => {
    const list = `export default [{ name: "team", metadata: { api: ${fine} } }, ${faulty}];\n`;
    const { code, stdout } = await check("list.ts", list, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { service: "team", findings: [] },
      {
        service: "list",
        findings: [{ code: "FRAGMENT_INVALID", source: { file: "list.ts", line: 2, column: 3 } }],
      },
    ]);
    expect((await check("list.ts", list)).stdout).toContain("  list.ts:2:3\n");
  });

  test("what the module prints does not mix with the report", async () => {
    const { stdout, stderr } = await check(
      "log.mjs",
      `console.log("hello"); export default ${fine};`,
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject({ service: "log" });
    expect(stderr).toBe("hello\n");
  });

  test.each([
    ["none.mjs", `export const api = ${fine};`, "none.mjs has no default export. It exports `api`."],
    ["number.cjs", "module.exports = 5;", "number.cjs exports a number, which is neither a fragment nor"],
    [
      "plain.cjs",
      'module.exports = { name: "a", actions: {} };',
      "the service `a`, which publishes no fragment",
    ],
    ["throws.mjs", "\nexport default nope;", "throws.mjs cannot be loaded: nope is not defined"],
    ["missing.ts", 'import "./gone.ts";', "missing.ts cannot be loaded: Cannot find module"],
    ["exits.mjs", "process.exit(3);", "exits.mjs ended its process while it was loaded (3)."],
  ])("%s: the reason", async (name, text, message) => {
    await writeFile(join(folder, name), text);
    await expect(loadModule(join(folder, name), name)).rejects.toThrow(message);
  });

  test("a module that throws: exit code 1, the message, and the place of the user's code", async () => {
    const { code, stdout, stderr } = await check("throws.mjs", "\nexport default nope;");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^throws\.mjs cannot be loaded: nope is not defined\n +at .*throws\.mjs:2:16\n$/);
  });

  test("nothing connects: a module that starts a broker is ended, with a message", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
    let connections = 0;
    server.on("connection", () => void connections++);
    const port: unknown = Reflect.get(Object(server.address()), "port");
    const { code, stderr } = await check(
      "starts.mjs",
      `import { connect } from "node:net";
       import { ServiceBroker } from "moleculer";
       try { connect(${port}, "127.0.0.1"); } catch {}
       await new ServiceBroker({ transporter: "nats://127.0.0.1:${port}", logger: false }).start();
       await new Promise(() => setInterval(() => {}, 1000));`,
    );
    expect(code).toBe(1);
    expect(stderr).toContain("starts.mjs cannot be loaded.\nIt tries to open a connection");
    expect(connections).toBe(0);
  });

  test("a module that never ends loading has a time limit", async () => {
    const path = join(folder, "never.mjs");
    await writeFile(path, "await new Promise(() => setInterval(() => {}, 1000));");
    await expect(loadModule(path, "never.mjs", 1)).rejects.toThrow("never.mjs was not loaded within 1 s.");
  });
});

describe("tidegate check --fix", () => {
  const text = `{
    "$schema": "./fragment.schema.json",
  "policy": { "call": [{ "actons": ["player.*"], "filter": "() => true" }] },
  "protocol": {   "Rest": { "basePath": "players", "routes": [
      { "method": "gte", "path": "/:id", "call": { "action": "player.get", "parms": {} } } ] } }
}`;
  const fixed = text
    .replace("actons", "actions")
    .replace("Rest", "REST")
    .replace('"players"', '"/players"')
    .replace("gte", "GET")
    .replace("parms", "params");

  test("corrects what is certain, keeps the rest of the text, and prints what it changed", async () => {
    const { code, stdout } = await check("player.json", text, "--fix");
    expect(code).toBe(0);
    expect(stdout).toContain('fixed player.json:3:26  "actons" -> "actions"\n');
    expect(stdout).toContain('fixed player.json:5:9  "gte" -> "GET"\n');
    expect(stdout).toContain("player on master: accepted");
    const again = await runCommand(folder, "check", "player.json", "--fix");
    expect(again.stdout).not.toContain("fixed ");
    expect(await readText("player.json")).toBe(fixed);
  });

  test("leaves alone what is not certain, and the exit code is that of what is left", async () => {
    const twice = `{ "protocol": { "REST": { "basePath": "/", "routes": [
      { "methd": "GET", "metod": "GET", "path": "/a", "call": "a.b" },
      { "method": "FETCH", "path": "/b", "call": "a.b" }
    ] } } }`;
    const { code, stdout } = await check("twice.json", twice, "--fix");
    expect(code).toBe(1);
    expect(stdout).not.toContain("fixed ");
    expect(await readText("twice.json")).toBe(twice);
  });

  test("modules are not changed", async () => {
    const { code, stderr } = await check("faulty.ts", `export default ${faulty};`, "--fix");
    expect(code).toBe(2);
    expect(stderr).toContain("--fix corrects JSON files only.");
  });
});

const readText = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
