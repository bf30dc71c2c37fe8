import type { TestService } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { expectGolden, startTestGateway } from "./test-gateway.ts";

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

test("S10.1: a first fragment: the added endpoints and their URLs", async () => {
  const { publish } = await startTestGateway();
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

test("S10.1: a new fragment: added, changed and removed endpoints, and both versions", async () => {
  const { publish } = await startTestGateway();
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

test("S10.1: a fragment that returns is reported with its changes again", async () => {
  const { publish } = await startTestGateway();
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

test("S10.1: the URLs of a branch contain its prefix", async () => {
  const { publish } = await startTestGateway();
  await expectGolden(
    await publish(player(1, rest(route("GET", "/:id")), { branch: "preview" })),
    "on-a-branch",
  );
});

test("S10.1: a node that joins with the served fragment gets a report without changes", async () => {
  const { publish } = await startTestGateway();
  const service = player(1, rest(route("GET", "/:id")));
  await publish(service, "n1");
  const report = await publish(service, "n2");
  expect(report).toMatchObject({ state: "skipped", changes: [] });
  await expectGolden(report, "joined");
});

test("S9.2: of two fragments with the same revision, the report says why the other is newer", async () => {
  const { publish } = await startTestGateway();
  const builds = [player(7, rest(route("GET", "/a"))), player(7, rest(route("GET", "/b")))];
  const nodes = ["n1", "n2"];
  for (const [index, build] of builds.entries()) await publish(build, nodes[index]);
  // Whichever hash is larger, a third node gets to know it with the other fragment.
  const reports = await Promise.all(builds.map((build, index) => publish(build, `late-${index}`)));
  const older = reports.flatMap(({ findings }) => findings).filter(({ code }) => code === "FRAGMENT_OLDER");
  expect(older).toMatchObject([
    {
      message: expect.stringMatching(
        /node `(n|late-)\d` .* both have the revision 7, .* larger hash is newer\.$/,
      ),
    },
  ]);
});

test("S9.2: an older fragment: the report names the node, its revision and the own one", async () => {
  const { publish } = await startTestGateway();
  await publish(player(1_800_086_400_000, rest(route("GET", "/:id"))), "ahead");
  const report = await publish(player(1_800_000_000_000, rest(route("GET", "/older"))), "mine");
  await expectGolden(report, "older-fragment");
});

test("S9.6: a contested claim: the report names the owner", async () => {
  const { publish } = await startTestGateway();
  await publish(player(1, { ...rest(route("GET", "/:id")), ...graphql("name: String") }));
  const challenger: TestService = {
    name: "team",
    revision: 2,
    fragment: { protocol: { ...rest(route("GET", "/:name")), ...graphql("team: String") } },
  };
  await expectGolden(await publish(challenger), "claim-taken");
});

test("S5.8: a waiting definition: the report names the missing type", async () => {
  const { publish, bus } = await startTestGateway();
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

test("S1.2: rules of a disabled policy cause a warning", async () => {
  const { publish } = await startTestGateway({ schema: { policy: { scope: false } } });
  const report = await publish(
    player(1, rest(route("GET", "/:id")), {
      policy: { call: [{ actions: ["player.*"], scope: ["player"] }] },
    }),
  );
  await expectGolden(report, "policy-off");
});

test("S13.2: a fragment that publishes events is refused if the broker cannot publish", async () => {
  const { publish } = await startTestGateway({ broker: { publish: false } });
  const report = await publish(
    player(1, rest({ method: "POST", path: "/", publish: { event: "player.came", params: {} } })),
  );
  await expectGolden(report, "broker-that-cannot-publish");
});

test("S9.3: after the last node has left, the report lists the removed endpoints", async () => {
  const { publish, withdraw, reports } = await startTestGateway();
  await publish(player(1, rest(route("GET", "/:id"))));
  await withdraw("player");
  const [removal] = reports.slice(-1);
  expect(removal).toMatchObject({ occasion: "remove", changes: [{ kind: "removed" }] });
  if (removal !== undefined) await expectGolden(removal, "removed");
});

test("S10.1: a service that stops publishing a fragment gets a report of the removed endpoints", async () => {
  const { publish } = await startTestGateway();
  await publish(player(1, rest(route("GET", "/:id"))));
  const report = await publish({ name: "player", revision: 2, actions });
  expect(report).toMatchObject({
    occasion: "remove",
    changes: [{ kind: "removed", label: "GET /players/:id" }],
  });
});

test("S13.1: an exposed node of a branch gets a warning", async () => {
  const { publish } = await startTestGateway();
  const report = await publish({
    ...player(1, rest(route("GET", "/:id")), { branch: "preview" }),
    exposed: true,
  });
  expect(report).toMatchObject({ state: "succeeded", findings: [{ code: "BRANCH_EXPOSED" }] });
  await expectGolden(report, "exposed");
});

const before = rest(route("GET", "/:id"), route("GET", "/old"), route("GET", "/team"));
const after = rest(route("GET", "/:id"), route("POST", "/"));

test("S10.1: a breaking change is served with a warning", async () => {
  const { publish } = await startTestGateway();
  await publish(player(1, before));
  const report = await publish(player(2, after));
  expect(report.state).toBe("succeeded");
  expect(report.findings.map(({ code }) => code)).toEqual(["CHANGE_BREAKING", "CHANGE_BREAKING"]);
  await expectGolden(report, "breaking-warned");
});

test("S10.1: a breaking change is refused if schema.breakingChanges is block", async () => {
  const { publish, url } = await startTestGateway({ schema: { breakingChanges: "block" } });
  await publish(player(1, before));
  const report = await publish(player(2, after));
  expect(report).toMatchObject({ state: "failed", changes: [] });
  expect((await fetch(`${url}/players/old`)).status).not.toBe(404);
  await expectGolden(report, "breaking-blocked");
});
