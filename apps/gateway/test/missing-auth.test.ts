import { expect, test } from "vitest";
import { ask } from "./page.ts";
import { startSystem, timeoutMs } from "./service-system.ts";

const shown = '{ transporter: "TCP" }';

const service = (name: string, rule: string): string => `
import { preset, tidegate } from "@tidegate/service-moleculer";
import { ServiceBroker } from "moleculer";

const broker = new ServiceBroker(preset({ transporter: "TCP" }));
const routes = [{ method: "GET", path: "/", call: "${name}.get" }];
const policy = { call: [{ actions: ["${name}.*"], ${rule} }] };
broker.createService({
  name: "${name}",
  mixins: [tidegate({ api: { policy, protocol: { REST: { basePath: "/${name}", routes } } } })],
  actions: { get: () => ({}) },
});
await broker.start();
`;

const scope = `scope: ["admin"]`;
const open = `filter: "({ params }) => params.id !== 0"`;

test("S7.3: a gateway that authenticates nobody warns about rules on identity, in log and report", {
  timeout: 4 * timeoutMs,
}, async () => {
  const { url, warnings, run, mounted } = await startSystem(["player", "team", "match"]);
  const [player, match] = await Promise.all([
    run("player", service("player", scope), shown),
    run("match", service("match", open), shown),
  ]);
  await Promise.all([mounted("master player"), mounted("master match")]);
  expect(await ask(`${url}/player`)).toMatchObject({ status: 401 });
  await player.waitFor((line) => line.includes("AUTH_MISSING at policy.call[0].scope"), timeoutMs);
  await match.waitFor((line) => line.includes("GET /match"), timeoutMs);
  expect(match.items.join("\n")).not.toContain("AUTH_MISSING");

  const team = await run("team", service("team", `filter: "({ context }) => context.auth.id === 1"`), shown);
  await team.waitFor((line) => line.includes("AUTH_MISSING at policy.call[0].filter"), timeoutMs);
  const logged = warnings.items.filter((text) => text.includes("authenticates nobody"));
  expect(logged).toEqual([
    expect.stringMatching(/player \(policy\.call\[0\]\.scope\).*server\.context\.auth/),
  ]);
});

test("S7.3: a gateway that authenticates clients does not warn", { timeout: 4 * timeoutMs }, async () => {
  const Bearer = () => ({ identity: 1, scope: ["admin"] });
  const { url, warnings, run, mounted } = await startSystem(["player"], { auth: { parsers: { Bearer } } });
  const player = await run("player", service("player", scope), shown);
  await mounted("master player");
  expect(await ask(`${url}/player`, ["authorization", "Bearer x"])).toMatchObject({ status: 200 });
  await player.waitFor((line) => line.includes("GET /player"), timeoutMs);
  expect(player.items.join("\n")).not.toContain("AUTH_MISSING");
  expect(warnings.items.filter((text) => text.includes("authenticates"))).toEqual([]);
});
