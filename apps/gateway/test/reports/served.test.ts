import type { TestService } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { expectGolden, startStand } from "./stand.ts";

const get = { params: { type: "object", properties: { id: { type: "string" } } } };
const actions = { get, list: { params: { type: "object" } } };

const route = (method: string, path: string, action = "player.get") => ({ method, path, call: { action } });
const rest = (...routes: object[]) => ({ REST: { basePath: "/players", routes } });
const player = (revision: number, protocol: object, more: object = {}): TestService => ({
  name: "player",
  revision,
  fragment: { protocol, ...more },
  actions,
});

const graphql = (fields: string) => ({
  GraphQL: {
    typeDefs: `type Player { id: ID! ${fields} } extend type Query { player(id: ID!): Player }`,
    resolvers: { Query: { player: { call: { action: "player.get" } } } },
  },
});

test("S10.1: a first fragment: what is served, and where to try it", async () => {
  const { publish } = await startStand();
  const report = await publish(
    player(1, {
      ...rest(route("GET", "/:id"), route("GET", "/", "player.list")),
      ...graphql("name: String"),
      WebSocket: { basePath: "/players/live", routes: [{ path: "/", subscribe: { events: ["player.*"] } }] },
    }),
  );
  expect(report).toMatchObject({ state: "succeeded", findings: [] });
  await expectGolden(report, "served");
});

test("S10.1: a new fragment: what was added, changed and removed, from which version to which", async () => {
  const { publish } = await startStand();
  const before = await publish(
    player(1, { ...rest(route("GET", "/:id"), route("GET", "/old")), ...graphql("name: String") }),
  );
  const report = await publish(
    player(2, {
      ...rest(route("GET", "/:id", "player.list"), route("GET", "/new")),
      ...graphql("nick: String!"),
    }),
  );
  expect(report.from).toBe(before.to);
  expect(new Set(report.changes.map(({ kind }) => kind))).toEqual(new Set(["added", "removed", "changed"]));
  await expectGolden(report, "changed");
});

test("S10.1: a fragment that comes back tells again what it changed", async () => {
  const { publish } = await startStand();
  const protocol = rest(route("GET", "/:id"));
  await publish(player(1, protocol));
  await publish(player(2, rest(route("GET", "/:name"), route("GET", "/a"))));
  await publish(player(3, { REST: { basePath: "/x" } }));
  const report = await publish(player(4, rest(route("GET", "/:name"), route("GET", "/a"))));
  expect(report.changes.map(({ kind, label }) => `${kind} ${label}`)).toEqual([
    "added GET /players/:name",
    "added GET /players/a",
  ]);
});

test("S10.1: a branch's URLs carry its prefix", async () => {
  const { publish } = await startStand();
  await expectGolden(
    await publish(player(1, rest(route("GET", "/:id")), { branch: "preview" })),
    "on-a-branch",
  );
});

test("S10.1: a node that joins with a fragment that is served is told that nothing changes", async () => {
  const { publish } = await startStand();
  const service = player(1, rest(route("GET", "/:id")));
  await publish(service, "n1");
  const report = await publish(service, "n2");
  expect(report).toMatchObject({ state: "skipped", changes: [] });
  await expectGolden(report, "joined");
});

test("S9.2: an older fragment is told that a newer one is used", async () => {
  const { publish } = await startStand();
  await publish(player(2, rest(route("GET", "/:id"))), "new");
  await expectGolden(await publish(player(1, rest(route("GET", "/older"))), "old"), "older-fragment");
});

test("S9.6: who claims what another service holds is told who holds it", async () => {
  const { publish } = await startStand();
  await publish(player(1, { ...rest(route("GET", "/:id")), ...graphql("name: String") }));
  const challenger: TestService = {
    name: "team",
    revision: 2,
    fragment: { protocol: { ...rest(route("GET", "/:name")), ...graphql("team: String") } },
  };
  await expectGolden(await publish(challenger), "claim-taken");
});

test("S5.8: what waits is told, with what it waits for, and again when it has come", async () => {
  const { publish, bus } = await startStand();
  const waiting = await publish({
    name: "team",
    fragment: {
      protocol: {
        GraphQL: {
          typeDefs: `
            type Team { id: ID! captain: Player }
            extend type Query { team: Team motto: String }`,
          resolvers: { Query: { team: { map: "() => null" }, motto: { map: "() => 'Fair play'" } } },
        },
      },
    },
  });
  expect(waiting.state).toBe("waiting");
  await expectGolden(waiting, "waiting");
  await publish(player(1, graphql("name: String")));
  await expectGolden(
    await bus.node("team").waitForReport(({ state }) => state === "succeeded"),
    "no-longer-waiting",
  );
});

test("S1.2: rules of a policy that was switched off pass, with a warning", async () => {
  const { publish } = await startStand({ schema: { policy: { scope: false } } });
  const report = await publish(
    player(1, rest(route("GET", "/:id")), {
      policy: { call: [{ actions: ["player.*"], scope: ["player"] }] },
    }),
  );
  await expectGolden(report, "policy-off");
});

test("S13.2: a broker that cannot send events refuses a fragment that publishes", async () => {
  const { publish } = await startStand({ broker: { publish: false } });
  const report = await publish(
    player(1, rest({ method: "POST", path: "/", publish: { event: "player.came", params: {} } })),
  );
  await expectGolden(report, "broker-that-cannot-publish");
});

test("S9.3: when the last node has gone, the removal tells what is not served any more", async () => {
  const { publish, withdraw, reports } = await startStand();
  await publish(player(1, rest(route("GET", "/:id"))));
  await withdraw("player");
  const [removal] = reports.slice(-1);
  expect(removal).toMatchObject({ occasion: "remove", changes: [{ kind: "removed" }] });
  if (removal !== undefined) await expectGolden(removal, "removed");
});

test("S10.1: a service that stays but publishes no fragment any more is told what is gone", async () => {
  const { publish } = await startStand();
  await publish(player(1, rest(route("GET", "/:id"))));
  const report = await publish({ name: "player", revision: 2, actions });
  expect(report).toMatchObject({
    occasion: "remove",
    changes: [{ kind: "removed", label: "GET /players/:id" }],
  });
});

test("S13.1: a node of a branch that everybody reaches is told what it takes its share of", async () => {
  const { publish } = await startStand();
  const report = await publish({
    ...player(1, rest(route("GET", "/:id")), { branch: "preview" }),
    exposed: true,
  });
  expect(report).toMatchObject({ state: "succeeded", findings: [{ code: "BRANCH_EXPOSED" }] });
  await expectGolden(report, "exposed");
});

const before = rest(route("GET", "/:id"), route("GET", "/old"), route("GET", "/team"));
const after = rest(route("GET", "/:id"), route("POST", "/"));

test("S10.1: a change that breaks clients is served, with a warning", async () => {
  const { publish } = await startStand();
  await publish(player(1, before));
  const report = await publish(player(2, after));
  expect(report.state).toBe("succeeded");
  expect(report.findings.map(({ code }) => code)).toEqual(["CHANGE_BREAKING", "CHANGE_BREAKING"]);
  await expectGolden(report, "breaking-warned");
});

test("S10.1: a change that breaks clients is refused where the branch is guarded", async () => {
  const { publish, url } = await startStand({ schema: { guard: "block" } });
  await publish(player(1, before));
  const report = await publish(player(2, after));
  expect(report).toMatchObject({ state: "failed", changes: [] });
  expect((await fetch(`${url}/players/old`)).status).not.toBe(404);
  await expectGolden(report, "breaking-blocked");
});
