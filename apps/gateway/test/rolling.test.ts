import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker, type TestCall } from "@tidegate/plugin-testkit";
import { rest } from "@tidegate/protocol-rest";
import { h3Server } from "@tidegate/server-h3";
import { expect, onTestFinished, test } from "vitest";
import { createDefaultGateway } from "../src/default-gateway.ts";
import { ask, startLoad } from "./client.ts";

/** The fragment of a build: a route that both builds have, and one that only this build has. */
function build(name: "A" | "B") {
  return {
    protocol: {
      REST: {
        basePath: "/players",
        routes: [
          { method: "GET", path: "/:id", call: { action: "player.get" } },
          { method: "GET", path: "/build", map: `() => ({ $body: "${name}" })` },
        ],
      },
    },
  };
}

test("S9.2, S9.3, S9.7: a rolling deploy of ten nodes: one swap, no lost request", async () => {
  const bus = memoryBroker();
  const gateway = createDefaultGateway({
    brokers: [bus.broker],
    protocols: [rest()],
    policies: [],
    server: h3Server({ port: 0 }),
    logger: silentLogger,
    debounceSeconds: 0.02,
  });
  onTestFinished(() => gateway.stop());
  let restarts = 0;
  const start = (node: number, name: "A" | "B"): void => {
    restarts += 1;
    bus.node(`n${node}`).publish({
      name: "player",
      // By default the mixin uses the start time of the process, so each restart has a higher revision.
      revision: restarts,
      fragment: build(name),
      actions: { get: ({ params }: TestCall) => ({ ...(params as object), by: "player" }) },
    });
  };
  const restart = (node: number, name: "A" | "B"): void => {
    bus.node(`n${node}`).leave();
    start(node, name);
  };
  for (let node = 0; node < 10; node++) start(node, "A");
  const [listening] = await gateway.start();
  const url = listening?.url ?? "";
  const served: string[] = [];
  gateway.registry.onSwap(({ version }) => void served.push(version.name));
  const load = startLoad([`${url}/players/1`, `${url}/players/2`]);
  const before = await ask(`${url}/players/build`);
  expect(before).toEqual({ status: 200, body: "A" });

  for (let node = 0; node < 10; node++) {
    restart(node, "B");
    await gateway.registry.settled();
    for (let old = node + 1; old < 10; old += 3) restart(old, "A");
    await gateway.registry.settled();
    expect(await ask(`${url}/players/build`)).toEqual({ status: 200, body: "B" });
  }

  await load.stop();
  expect(load.failures).toEqual([]);
  expect([...load.answers.keys()].every((answer) => answer.includes(" 200 "))).toBe(true);
  expect(Math.min(...load.answers.values())).toBeGreaterThan(10);
  expect(served).toHaveLength(1);
});
