import type { TestService } from "@tidegate/plugin-testkit";
import { expect, onTestFinished, test } from "vitest";
import { ask, startLoad } from "../client.ts";
import { startTestGateway } from "../reports/test-gateway.ts";

const actions: NonNullable<TestService["actions"]> = {
  get: { params: { type: "object" }, handler: ({ node }) => ({ node }) },
};
const player = (path: string, revision: number): TestService => ({
  name: "player",
  revision,
  fragment: {
    protocol: { REST: { basePath: "/players", routes: [{ method: "GET", path, call: "player.get" }] } },
  },
  actions,
});

test("hostile-06, S9.2, S9.7: of two nodes' different fragments, the newest is served", async () => {
  const { publish, url, bus } = await startTestGateway();
  await publish(player("/new", 2), "new");
  const report = await publish(player("/old", 1), "old");
  expect(report).toMatchObject({ state: "skipped", findings: [{ code: "FRAGMENT_OLDER" }] });
  expect(await ask(`${url}/players/old`)).toMatchObject({ status: 404 });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(`${url}/players/new`)));
  expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['{"node":"new"}', '{"node":"old"}']));
  bus.node("new").leave();
  await expect.poll(async () => (await ask(`${url}/players/old`)).status, { timeout: 30_000 }).toBe(200);
});

test("hostile-10: a service that changes with every report does not cause endless reports", async () => {
  const { bus, gateway, url } = await startTestGateway();
  let changes = 0;
  const change = (): void => {
    changes += 1;
    const path = changes % 2 === 0 ? "no-slash" : `/${changes}`;
    bus.node("player").publish({ ...player(path, changes), report: () => queueMicrotask(change) });
  };
  change();
  await expect
    .poll(
      async () => {
        const before = changes;
        await gateway.registry.settled();
        await ask(`${url}/players/1`);
        return changes === before;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  // At most 20 reports per minute are sent; some of them cover several merges.
  expect(changes).toBeGreaterThan(1);
  expect(changes).toBeLessThanOrEqual(21);
});

test("hostile-11: a burst of a hundred changes is merged once; requests are answered", async () => {
  const { bus, gateway, url, publish } = await startTestGateway();
  await publish(player("/:id", 1));
  const load = startLoad([`${url}/players/1`], 2);
  onTestFinished(() => load.stop());
  let mounts = 0;
  gateway.registry.onSwap(() => void mounts++);
  for (let burst = 0; burst < 5; burst++) {
    const before = mounts;
    for (let at = 1; at <= 100; at++) {
      const revision = burst * 100 + at + 1;
      // Every third fragment is invalid.
      bus.node("player").publish(player(at % 3 === 0 ? "broken" : `/:id/${revision}`, revision));
    }
    bus.node("player").publish({
      ...player("/:id", 10_000 + burst),
      fragment: {
        protocol: {
          REST: {
            basePath: "/players",
            routes: [
              { method: "GET", path: "/:id", call: "player.get" },
              { method: "GET", path: `/burst/${burst}`, map: `() => "${burst}"` },
            ],
          },
        },
      },
    });
    await gateway.registry.settled();
    expect(mounts - before).toBe(1);
    expect(await ask(`${url}/players/burst/${burst}`)).toEqual({ status: 200, body: `${burst}` });
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect([...load.answers.keys()]).toEqual(['/players/1 200 {"node":"player"}']);
});

test("S10.2: a service that alternates between two fragments is served, and gets few reports", async () => {
  const { bus, gateway, url } = await startTestGateway();
  for (let revision = 1; revision <= 200; revision++) {
    bus.node("player").publish(player(revision % 2 === 0 ? "/even" : "/odd", revision));
    await gateway.registry.settled();
  }
  expect(bus.node("player").reports.length).toBeLessThanOrEqual(10);
  const [master] = gateway.registry.branches();
  expect(master?.versions.length).toBeLessThanOrEqual(10);
  const statuses = [await ask(`${url}/players/even`), await ask(`${url}/players/odd`)].map(
    ({ status }) => status,
  );
  expect(statuses.sort()).toEqual([200, 404]);
});

test("hostile-07: three thousand services of one node are all served", async () => {
  const { bus, gateway, url } = await startTestGateway();
  const names = Array.from({ length: 3_000 }, (_, at) => `s${at}`);
  for (const name of names)
    bus.node("crowd").publish({
      name,
      fragment: {
        protocol: {
          REST: { basePath: `/${name}`, routes: [{ method: "GET", path: "/", map: "() => 'here'" }] },
        },
      },
    });
  bus.node("player").publish(player("/:id", 1));
  await gateway.registry.settled();
  expect(await ask(`${url}/players/1`)).toMatchObject({ status: 200 });
  for (const name of ["s0", "s1500", "s2999"])
    expect(await ask(`${url}/${name}`)).toEqual({ status: 200, body: "here" });
  bus.node("crowd").leave();
  await expect.poll(async () => (await ask(`${url}/s0`)).status, { timeout: 30_000 }).toBe(404);
  expect(await ask(`${url}/players/1`)).toMatchObject({ status: 200 });
}, 60_000);
