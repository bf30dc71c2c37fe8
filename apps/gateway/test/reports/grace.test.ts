import { createRegistry } from "@tidegate/core-registry/registry";
import { manualClock, memoryBroker, type TestService } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { sandbox } from "@tidegate/sandbox";
import { expect, onTestFinished, test } from "vitest";

/** A registry whose time stands still, and its reports: service, state, codes. */
async function setUp() {
  const clock = manualClock();
  const bus = memoryBroker({ clock });
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [],
    sandbox: sandbox(),
    contexts: [],
    clock,
  });
  const reports: string[] = [];
  registry.onReport(({ service, state, findings, changes }) => {
    const codes = findings.map(({ code }) => code);
    reports.push([service, state, ...changes.map(({ label }) => label), ...codes].join(" "));
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  const publish = async (service: TestService): Promise<void> => {
    bus.node(service.name).publish(service);
    await registry.settled();
  };
  return { clock, publish, reports };
}

const player = (action: string, path = "/players", revision = 1): TestService => ({
  name: "player",
  revision,
  fragment: {
    protocol: { REST: { basePath: path, routes: [{ method: "GET", path: "/", call: { action } }] } },
  },
});
const team: TestService = { name: "team", actions: { get: { params: { type: "object" } } } };

test("S10.2: what waits for less than a second is not reported", async () => {
  const { clock, publish, reports } = await setUp();
  await publish(player("team.get"));
  clock.advance(999);
  expect(reports).toEqual([]);
  await publish(team);
  clock.advance(60_000);
  expect(reports).toEqual(["player succeeded GET /players"]);
});

test("S10.2: a fragment that still waits after a second is reported with what it waits for", async () => {
  const { clock, publish, reports } = await setUp();
  await publish(player("team.get"));
  clock.advance(1_000);
  expect(reports).toEqual(["player succeeded GET /players ACTION_UNKNOWN"]);
});

test("S10.2: a fragment that waits and keeps changing is reported after 3 seconds", async () => {
  const { clock, publish, reports } = await setUp();
  for (let revision = 1; revision <= 4; revision++) {
    await publish(player("team.get", `/v${revision}`, revision));
    clock.advance(900);
  }
  expect(reports).toEqual([expect.stringMatching(/^player succeeded GET \/v4 ACTION_UNKNOWN/)]);
});

test("S10.2: a refusal is reported at once, whatever else the fragment waits for", async () => {
  const { publish, reports } = await setUp();
  await publish({ ...player("team.get"), name: "other" });
  await publish(player("other.get"));
  expect(reports).toEqual([expect.stringMatching(/^player failed .*CLAIM_TAKEN/)]);
});
