import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createDefaultGateway } from "../src/index.ts";
import { type Ran, runCommand } from "./command.ts";
import { meaninglessNames } from "./reports/meaningless-names.ts";
import { player } from "./specification-examples/player.ts";
import { storageRest } from "./specification-examples/storage.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidegate-strict-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `tidegate check` in a process of its own on a fragment of the service `player`. */
async function check(fragment: unknown, ...options: readonly string[]): Promise<Ran> {
  const file = join(folder, `${crypto.randomUUID()}.json`);
  await writeFile(file, JSON.stringify(fragment));
  return await runCommand(".", "check", file, "--service", "player", ...options);
}

const routes = (...list: readonly object[]): object => ({
  protocol: { REST: { basePath: "/players", routes: list } },
});
const get = { method: "GET", path: "/:id" };
const misspelt = routes({ ...get, call: { action: "player.get", params: { id: "@path.idd" } } });
const fine = routes({ ...get, call: { action: "player.get", params: { id: "@path.id" } } });
const broken = routes({ ...get, map: "({ path }) => return path" });

describe("S1.7: tidegate check --strict", () => {
  test("a warning: exit code 1 with --strict, and 0 without it", async () => {
    const [strict, usual] = await Promise.all([check(misspelt, "--strict"), check(misspelt)]);
    expect([strict.code, usual.code, strict.stderr]).toEqual([1, 0, ""]);
    for (const { stdout } of [strict, usual]) {
      expect(stdout).toContain("player on master: accepted (1 warning)");
      expect(stdout).toContain("warning protocol.REST.routes[0].call.params.id  PARAMS_NEVER");
      expect(stdout).toContain("Did you mean `@path.id`?");
    }
    expect(strict.stdout).toContain("The command fails because of the warnings: --strict.");
  });

  test("no warning: exit code 0; an error: exit code 1", async () => {
    const [accepted, refused] = await Promise.all([check(fine, "--strict"), check(broken, "--strict")]);
    expect([accepted.code, refused.code]).toEqual([0, 1]);
    expect(accepted.stdout).not.toContain("warning");
  });

  test("with --json, the exit code is the same and the output is the report alone", async () => {
    const [strict, usual] = await Promise.all([
      check(misspelt, "--strict", "--json"),
      check(misspelt, "--json"),
    ]);
    expect([strict.code, usual.code]).toEqual([1, 0]);
    expect(JSON.parse(strict.stdout)).toMatchObject({
      state: "succeeded",
      findings: [{ severity: "warning", code: "PARAMS_NEVER", hint: "Did you mean `@path.id`?" }],
    });
  });

  test("all meaningless names of one fragment are found in one pass", async () => {
    const ofRest = meaninglessNames.flatMap(({ service }) => {
      const { protocol } = service.fragment as { protocol: { REST?: { routes: readonly object[] } } };
      return protocol.REST?.routes ?? [];
    });
    const list = ofRest.map((route, index) => ({ ...route, path: `/${index}/:id` }));
    const { code, stdout } = await check(routes(...list), "--strict");
    expect(code).toBe(1);
    for (const name of [
      "`@path.idd`",
      "`@body`",
      "`@body.x`",
      "`quer`",
      "`respons`",
      "`path.idd`",
      "lodash_1",
    ])
      expect(stdout).toContain(name);
  });

  test("S1.6: the corrected examples of the specification have no warning", async () => {
    const runs = await Promise.all([check(player, "--strict"), check(storageRest, "--strict")]);
    expect(runs.map(({ code, stdout }) => [code, stdout.includes("warning")])).toEqual([
      [0, false],
      [0, false],
    ]);
  });
});

describe("S7.7, S2.4: tidegate check --strict --gateway", () => {
  const remove = { method: "DELETE", path: "/:id", call: "team.remove" };
  const admins = { call: [{ actions: ["team.*"], scope: ["admin"] }] };

  async function startGateway(): Promise<string> {
    const bus = memoryBroker();
    bus.node("n1").publish({
      name: "team",
      actions: { remove: { params: { type: "object" } } },
      fragment: { policy: admins, protocol: { REST: { basePath: "/teams", routes: [remove] } } },
    });
    const gateway = createDefaultGateway({
      brokers: [bus.broker],
      protocols: [rest()],
      policies: [scope(), filter()],
      server: h3Server({ port: 0, auth: { Bearer: () => undefined } }),
      logger: silentLogger,
    });
    onTestFinished(() => gateway.stop());
    const [listening] = await gateway.start();
    await gateway.registry.settled();
    return listening?.url ?? "";
  }

  test("what another service guards and this fragment exposes is a warning; a rule mends it", async () => {
    const url = await startGateway();
    const [open, guarded] = await Promise.all([
      check(routes(remove), "--strict", "--gateway", url),
      check({ policy: admins, ...routes(remove) }, "--strict", "--gateway", url),
    ]);
    expect([open.code, guarded.code]).toEqual([1, 0]);
    expect(open.stdout).toContain("protocol.REST.routes[0].call  ACTION_UNGUARDED");
    expect(open.stdout).toContain("which the service `team` (policy.call[0]) guards");
  });

  test("an unknown action of a known service is a warning with the nearest one", async () => {
    const url = await startGateway();
    const call = { ...remove, call: "team.remvoe" };
    const { code, stdout } = await check(routes(call), "--strict", "--gateway", url);
    expect(code).toBe(1);
    expect(stdout).toContain("Did you mean `team.remove`?");
  });

  test("the own actions of a service that does not run yet are no warning", async () => {
    const url = await startGateway();
    const { code, stdout } = await check(fine, "--strict", "--gateway", url);
    expect([code, stdout.includes("ACTION_UNKNOWN")]).toEqual([0, false]);
  });
});
