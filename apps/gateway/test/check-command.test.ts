import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDefaultGateway } from "../src/index.ts";
import { type Ran, runCommand } from "./command.ts";

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

const tidegate = (...args: readonly string[]): Promise<Ran> => runCommand(folder, ...args);

describe("tidegate check FILE", () => {
  test("an accepted fragment: exit code 0 and the changes", async () => {
    const { code, stdout, stderr } = await tidegate("check", "fine.json");
    expect([code, stderr]).toEqual([0, ""]);
    const open = "No rule covers it: it is public.";
    expect(stdout).toContain(
      `fine on master: accepted\n\n+ GET /players/:id  ${open}\n+ POST /players/:id/goals  ${open}\n`,
    );
  });

  test("a refused fragment: exit code 1, the place, the code frame, and no colours in a pipe", async () => {
    const { code, stdout } = await tidegate("check", "syntax.json", "--service", "player");
    expect(code).toBe(1);
    expect(stdout).toContain("player on master: refused (1 error)");
    expect(stdout).toMatch(/error protocol\.REST\.routes\[0\]\.map:1:\d+ {2}FUNCTION_SYNTAX/);
    expect(stdout).toMatch(/^ {2}syntax\.json:1:\d+$/m);
    expect(stdout).toMatch(/^ {2}> 1 \| .*"map":"\(\{ query \}\) => return query\.a"/m);
    expect(stdout).toContain("\n\nMore about it: tidegate explain FUNCTION_SYNTAX\n");
    expect(stdout).not.toContain("\u001b");
  });

  test("a GraphQL syntax error: the place in the text of typeDefs", async () => {
    const { code, stdout } = await tidegate("check", "types.json");
    expect(code).toBe(1);
    expect(stdout).toMatch(/error protocol\.GraphQL\.typeDefs:2:31/);
    expect(stdout).toContain("> 2 | extend type Query { player(id ID!): Player }\n");
  });

  test("S5.8: an unknown type of another service is not an error; WebSocket routes are checked", async () => {
    const { code, stdout } = await tidegate("check", "alone.json");
    expect(code).toBe(0);
    expect(stdout).toContain("Team");
    expect(stdout).toContain("+ Query.motto");
    expect(stdout).toContain("+ WS /feed");
  });

  test("--json prints the report as JSON", async () => {
    const { code, stdout } = await tidegate("check", "syntax.json", "--json", "--branch", "next");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ service: "syntax", branch: "next", state: "failed" });
  });

  test("invalid JSON: the place in the file", async () => {
    const { code, stderr } = await tidegate("check", "text.json");
    expect(code).toBe(1);
    expect(stderr).toContain("text.json is not valid JSON");
    expect(stderr).toContain("> 2 |   REST }");
  });

  test("a wrong command line: exit code 2 and a suggestion", async () => {
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

  test("--help and --version", async () => {
    const [help, version] = await Promise.all([tidegate("check", "--help"), tidegate("--version")]);
    expect(help.code).toBe(0);
    for (const word of ["FILE", "--service", "--gateway", "--branch", "--json"])
      expect(help.stdout).toContain(word);
    expect(help.stdout).not.toContain("\u001b");
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("tidegate check FILE --gateway URL", () => {
  test("a running gateway checks against all services, and serves nothing new", async () => {
    const bus = memoryBroker();
    bus.node("n1").publish({
      name: "team",
      fragment: fragmentOf([{ method: "GET", path: "/:name", map: "() => 1" }]),
    });
    const gateway = createDefaultGateway({
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

  test("an unreachable gateway: exit code 1 and the reason", async () => {
    const { code, stderr } = await tidegate("check", "fine.json", "--gateway", "http://127.0.0.1:9");
    expect([code, stderr]).toEqual([1, expect.stringContaining("The gateway at http://127.0.0.1:9")]);
  });
});
