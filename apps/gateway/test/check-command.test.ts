import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway } from "../src/index.ts";

const cli = join(import.meta.dirname, "../src/cli.ts");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-check-"));
  await save(
    "fine.json",
    fragmentOf([
      { method: "GET", path: "/:id", call: { action: "player.get" } },
      { method: "POST", path: "/:id/goals", publish: { event: "player.scored", params: { id: "@path.id" } } },
    ]),
  );
  await save(
    "syntax.json",
    fragmentOf([{ method: "GET", path: "/x", map: "({ query }) => return query.a" }]),
  );
  await save("types.json", typesOf("type Player { id: ID! }\nextend type Query { player(id ID!): Player }"));
  await save("alone.json", {
    protocol: {
      ...typesOf("extend type Team { motto: String }\nextend type Query { motto: String }").protocol,
      WebSocket: { basePath: "/feed", routes: [{ path: "/", subscribe: { events: ["match.**"] } }] },
    },
  });
  await writeFile(join(folder, "text.json"), '{ "protocol": {\n  REST }');
});
afterAll(() => rm(folder, { recursive: true }));

const fragmentOf = (routes: readonly object[]): object => ({
  protocol: { REST: { basePath: "/players", routes } },
});
const typesOf = (typeDefs: string) => ({
  protocol: { GraphQL: { typeDefs, resolvers: { Query: {} } } },
});
const save = (name: string, value: unknown): Promise<void> =>
  writeFile(join(folder, name), JSON.stringify(value));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a process of its own, its output in a pipe. */
function tidegate(...args: readonly string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const node = ["--conditions=@tidegate/source", cli, ...args];
  const env = { ...process.env, FORCE_COLOR: undefined };
  execFile(process.execPath, node, { cwd: folder, env }, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
  });
  return promise;
}

describe("tidegate check FILE", () => {
  test("an accepted fragment: exit code 0, what would be served", async () => {
    const { code, stdout, stderr } = await tidegate("check", "fine.json");
    expect([code, stderr]).toEqual([0, ""]);
    const open = "No rule covers it: it is public.";
    expect(stdout).toContain(
      `fine on master: accepted\n\n+ GET /players/:id  ${open}\n+ POST /players/:id/goals  ${open}\n`,
    );
  });

  test("a refused one: exit code 1, the place, the code frame, and no colour in a pipe", async () => {
    const { code, stdout } = await tidegate("check", "syntax.json", "--service", "player");
    expect(code).toBe(1);
    expect(stdout).toContain("player on master: refused (1 error)");
    expect(stdout).toMatch(/error protocol\.REST\.routes\[0\]\.map:1:\d+ {2}FUNCTION_SYNTAX/);
    expect(stdout).toContain("> 1 | ({ query }) => return query.a\n");
    expect(stdout).not.toContain("\u001b");
  });

  test("GraphQL that cannot be read: the place in the text of typeDefs", async () => {
    const { code, stdout } = await tidegate("check", "types.json");
    expect(code).toBe(1);
    expect(stdout).toMatch(/error protocol\.GraphQL\.typeDefs:2:31/);
    expect(stdout).toContain("> 2 | extend type Query { player(id ID!): Player }\n");
  });

  test("S5.8: what names another service's type waits for it, and is no fault; sockets are known", async () => {
    const { code, stdout } = await tidegate("check", "alone.json");
    expect(code).toBe(0);
    expect(stdout).toContain("Team");
    expect(stdout).toContain("+ Query.motto");
    expect(stdout).toContain("+ WS /feed");
  });

  test("--json: the report as data", async () => {
    const { code, stdout } = await tidegate("check", "syntax.json", "--json", "--branch", "next");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ service: "syntax", branch: "next", state: "failed" });
  });

  test("a file that is no JSON is refused with its place", async () => {
    const { code, stderr } = await tidegate("check", "text.json");
    expect(code).toBe(1);
    expect(stderr).toContain("text.json is no JSON");
    expect(stderr).toContain("> 2 |   REST }");
  });

  test("a command line that is not understood: exit code 2, and the nearest right word", async () => {
    const runs = await Promise.all([
      tidegate("check", "nope.json"),
      tidegate("check"),
      tidegate("check", "fine.json", "--servce", "player"),
      tidegate("chek"),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(runs[2]?.stderr).toContain("Did you mean --service?");
    expect(runs[3]?.stderr).toContain("Did you mean check?");
  });

  test("--help and --version help", async () => {
    const [help, version] = await Promise.all([tidegate("check", "--help"), tidegate("--version")]);
    expect(help.code).toBe(0);
    for (const word of ["FILE", "--service", "--gateway", "--branch", "--json"])
      expect(help.stdout).toContain(word);
    expect(help.stdout).not.toContain("\u001b");
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("tidegate check FILE --gateway URL", () => {
  test("asks a running gateway: it knows what others serve, and serves nothing new", async () => {
    const bus = memoryBroker();
    bus.node("n1").publish({
      name: "team",
      fragment: fragmentOf([{ method: "GET", path: "/:name", map: "() => 1" }]),
    });
    const gateway = createGateway({
      brokers: [bus.broker],
      protocols: [rest()],
      policies: [],
      server: h3Server({ port: 0 }),
      logger: silentLogger,
    });
    try {
      const [listening] = await gateway.start();
      const url = String(listening?.url);
      const { code, stdout } = await tidegate("check", "fine.json", "--gateway", url);
      expect(code).toBe(1);
      expect(stdout).toContain("GET /players/:");
      expect(stdout).toContain("team");
      expect((await tidegate("check", "fine.json", "--gateway", url, "--branch", "next")).stdout).toContain(
        "on next",
      );
      expect(gateway.registry.branches().map(({ branch }) => branch)).toEqual(["master"]);
    } finally {
      await gateway.stop();
    }
  });

  test("a gateway that is not there, or is none, is an error that says so: exit code 1", async () => {
    const { code, stderr } = await tidegate("check", "fine.json", "--gateway", "http://127.0.0.1:9");
    expect([code, stderr]).toEqual([1, expect.stringContaining("The gateway at http://127.0.0.1:9")]);
  });
});
