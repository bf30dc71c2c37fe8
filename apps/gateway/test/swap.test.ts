import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { ask, startLoad } from "./client.ts";

const idParam = { type: "object", properties: { id: { type: "string" } } };

function crud(service: string, version: number) {
  return {
    protocol: {
      REST: {
        basePath: `/${service}s`,
        routes: [
          { method: "GET", path: "/:id", call: { action: `${service}.get` } },
          { method: "GET", path: `/only-in/${version}`, map: `() => ({ $body: { version: ${version} } })` },
        ],
      },
    },
  };
}

async function startGateway() {
  const bus = memoryBroker();
  const gateway = createDefaultGateway({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  for (const name of ["player", "team"]) {
    bus.node(name).publish({
      name,
      revision: 0,
      fragment: crud(name, 0),
      actions: {
        get: { params: idParam, handler: ({ params }) => ({ service: name, ...(params as object) }) },
      },
    });
  }
  const [listening] = await gateway.start();
  return { bus, gateway, url: listening?.url ?? "" };
}

test("S9.6: during 200 changes of one service, all requests to the others get the right answer", async () => {
  const { bus, gateway, url } = await startGateway();
  const load = startLoad([`${url}/players/1`, `${url}/players/2`]);
  const names = new Set<string>();
  for (let change = 1; change <= 200; change++) {
    bus.node("team").publish({
      name: "team",
      revision: change,
      fragment: crud("team", change),
      actions: { get: { params: idParam } },
    });
    await gateway.registry.settled();
    const answer = await ask(`${url}/teams/only-in/${change}`);
    expect(answer).toEqual({ status: 200, body: `{"version":${change}}` });
    names.add(gateway.registry.find("master", undefined).version?.name ?? "");
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect([...load.answers.keys()].sort()).toEqual([
    '/players/1 200 {"service":"player","id":"1"}',
    '/players/2 200 {"service":"player","id":"2"}',
  ]);
  expect(Math.min(...load.answers.values())).toBeGreaterThan(100);
  expect(names.size).toBe(200);
}, 60_000);

test("S9.5: the previous version still answers by its tag, and answers 404 for newer routes", async () => {
  const { bus, gateway, url } = await startGateway();
  const before = gateway.registry.find("master", undefined).version?.name;
  bus
    .node("team")
    .publish({ name: "team", revision: 1, fragment: crud("team", 1), actions: { get: { params: idParam } } });
  await gateway.registry.settled();
  expect(await ask(`${url}/~master@${before}/teams/only-in/0`)).toMatchObject({ status: 200 });
  expect(await ask(`${url}/~master@${before}/teams/only-in/1`)).toMatchObject({ status: 404 });
  expect(await ask(`${url}/teams/only-in/1`)).toMatchObject({ status: 200 });
  expect(await ask(`${url}/~master@latest/teams/only-in/1`)).toMatchObject({ status: 200 });
});
