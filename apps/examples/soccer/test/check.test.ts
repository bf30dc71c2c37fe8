import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { silentLogger } from "@tidegate/core-registry";
import { createDefaultGateway } from "@tidegate/gateway";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { graphql } from "@tidegate/protocol-graphql";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server } from "@tidegate/server-h3";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { matchFragment } from "../src/match/fragment.ts";
import { playerFragment } from "../src/player/fragment.ts";
import { teamFragment } from "../src/team/fragment.ts";

const run = promisify(execFile);
const cli = join(import.meta.dirname, "../../../gateway/src/cli.ts");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "soccer-check-"));
});
afterAll(() => rm(folder, { recursive: true }));

const fragments = [
  ["player", playerFragment],
  ["team", teamFragment],
  ["match", matchFragment],
] as const;

test.each(fragments)(
  "S1.7: the fragment of the service %s has no warning: tidegate check --strict",
  async (name, fragment) => {
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify(fragment));
    const node = ["--conditions=@tidegate/source", cli, "check", file, "--strict"];
    const { stdout } = await run(process.execPath, node);
    expect(stdout).toContain(`${name} on master: accepted\n`);
  },
);

test("S7.7: no fragment exposes what another one guards", async () => {
  const bus = memoryBroker();
  const { registry } = createDefaultGateway({
    brokers: [bus.broker],
    protocols: [rest(), graphql(), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  for (const [name, fragment] of fragments) bus.node(name).publish({ name, fragment });
  const reports = await Promise.all(
    fragments.map(([name]) => bus.node(name).waitForReport(({ service }) => service === name)),
  );
  const codes = reports.flatMap(({ findings }) => findings.map(({ code }) => code));
  // There are no services here, only their fragments, and nothing authenticates clients.
  const expected = ["ACTION_UNKNOWN", "AUTH_MISSING"];
  expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
});
