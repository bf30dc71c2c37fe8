import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, silentLogger } from "@tidegate/core-registry";
import { memoryBroker, type TestCall, type TestService } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import { compose } from "../src/config/compose.ts";
import { readConfig } from "../src/config/tree.ts";
import { createDefaultGateway, type Gateway } from "../src/default-gateway.ts";
import { ask, readPage, withRealAnswers } from "./page.ts";

const blocks = await readPage("docs/branches.md");
const cli = join(import.meta.dirname, "../src/cli.ts");
/** The names of the first and the second version of master on the page. */
const names = ["1a2b3c4d5e6f708192a3b4c5d6e7f809", "5e6f7a8b90a1b2c3d4e5f60718293a4b"] as const;
const tagOf = (id: string): string => id.slice(0, 8);

/** A service whose actions answer with the branch of their node. */
function service(name: string, fragment: unknown, revision: number, branch = "master"): TestService {
  const answer = (_: TestCall): string => branch;
  return {
    name,
    revision,
    fragment,
    actions: { get: answer, mail: answer, goals: answer, find: answer },
  };
}

/** Runs every command of a transcript. Returns the transcript with the real output. */
async function printed(block: string, replaced: readonly (readonly [string, string])[]): Promise<string> {
  let transcript = "";
  for (const [line, command = ""] of block.matchAll(/^\$ tidegate (.*)$/gm)) {
    let args = command;
    for (const [shown, real] of replaced) args = args.replaceAll(shown, real);
    let output = await run(args.split(" "));
    for (const [shown, real] of replaced) output = output.replaceAll(real, shown);
    transcript += `${line}\n${output}`;
  }
  return transcript;
}

function run(args: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = args[0] === "diff" ? [] : ["--socket", socketOf("one")];
  const node = ["--conditions=@tidegate/source", cli, ...args, ...socket];
  const env = { ...process.env, FORCE_COLOR: undefined };
  execFile(process.execPath, node, { env }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`));
  return promise;
}

const folder = await mkdtemp(join(tmpdir(), "tidegate-page-"));
const socketOf = (name: string): string => join(folder, `${name}.sock`);

interface Started {
  readonly gateway: Gateway;
  readonly url: string;
}

async function start(broker: Broker, name: string, config: object): Promise<Started> {
  const { server = {}, ...others } = config as { server?: object };
  const options = compose(
    readConfig({
      ...others,
      brokers: [broker],
      server: { ...server, protocol: { http: { port: 0 } } },
      admin: { socket: socketOf(name) },
      logger: silentLogger,
    }),
  );
  const gateway = createDefaultGateway({ ...options, gateway: name });
  onTestFinished(() => gateway.stop());
  const [listening] = await gateway.start();
  return { gateway, url: listening?.url ?? "" };
}

test("S18: docs/branches.md shows what happens, from the laptop to production and back", {
  timeout: 60_000,
}, async () => {
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [production, laptop, squad] = blocks("json fragment").map((block): object => JSON.parse(block));
  const [choosing, guarded] = blocks("json config").map((block): object => JSON.parse(block));
  const requests = blocks("text requests");
  const transcripts = blocks("console");
  expect([requests.length, transcripts.length]).toEqual([4, 3]);
  expect(compose(readConfig(guarded)).breakingChanges).toEqual({ master: "block", "*": "off" });

  const bus = memoryBroker();
  bus.node("n1").publish(service("player", production, 1));
  const teams = { REST: { basePath: "/teams", routes: [{ method: "GET", path: "/:id", call: "team.get" }] } };
  bus.node("n2").publish(service("team", { protocol: teams }, 1));
  bus.node("laptop").publish(service("player", laptop, 2, "preview"));
  const one = await start(bus.broker, "one", {});
  const two = await start(bus.gateway("gateway-2"), "two", choosing ?? {});
  const settled = () => Promise.all([one, two].map(({ gateway }) => gateway.registry.settled()));
  const latest = (): string => String(one.gateway.registry.branches()[0]?.versions[0]?.fullVersion);
  const first = latest();
  expect(await withRealAnswers(requests[0] ?? "", one.url, [[tagOf(names[0]), tagOf(first)]])).toBe(
    requests[0],
  );
  expect(await withRealAnswers(requests[1] ?? "", two.url, [[tagOf(names[0]), tagOf(first)]])).toBe(
    requests[1],
  );

  bus.node("n1").publish(service("player", { ...laptop, branch: "master" }, 3));
  bus.node("n3").publish(service("squad", squad, 4));
  await settled();
  expect(await withRealAnswers(requests[2] ?? "", one.url, [[tagOf(names[0]), tagOf(first)]])).toBe(
    requests[2],
  );
  const second = latest();
  const shown = [
    [names[0], first],
    [names[1], second],
    [tagOf(names[0]), tagOf(first)],
    [tagOf(names[1]), tagOf(second)],
    ["http://127.0.0.1:8080", one.url],
  ] as const;
  expect(await printed(transcripts[0] ?? "", shown)).toBe(transcripts[0]);

  const status = async () => JSON.parse((await ask(`${one.url}/~status`)).body);
  const { contested, gateways } = await status();
  expect(contested).toEqual(JSON.parse(blocks("json contested")[0] ?? ""));
  const others: Readonly<Record<string, unknown>>[] = JSON.parse(
    (blocks("json gateways")[0] ?? "").replaceAll(names[1], second),
  );
  expect(gateways).toEqual(
    others.map((each) => ({ ...each, versions: expect.objectContaining(each.versions) })),
  );

  expect(await printed(transcripts[1] ?? "", shown)).toBe(transcripts[1]);
  for (const { url } of [one, two])
    expect(await withRealAnswers(requests[3] ?? "", url, [[tagOf(names[0]), tagOf(first)]])).toBe(
      requests[3],
    );
  expect(await printed(transcripts[2] ?? "", shown)).toBe(transcripts[2]);
  for (const { url } of [one, two])
    expect(await ask(`${url}/players/7/goals`)).toMatchObject({ status: 200 });
});
