import type { Report } from "@tidegate/core-registry";
import type { TestService } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import { expectGolden, startTestGateway, type TestGateway } from "./test-gateway.ts";

const remove = { method: "DELETE", path: "/:id", call: "player.remove" };
const admins = { call: [{ actions: ["player.remove"], scope: ["admin"] }] };
const actions: NonNullable<TestService["actions"]> = { remove: { params: { type: "object" } } };

/** A service that exposes `player.remove` below its own name, with or without rules. */
const exposing = (name: string, policy: object = {}, more: Partial<TestService> = {}): TestService => ({
  name,
  fragment: { policy, protocol: { REST: { basePath: `/${name}`, routes: [remove] } } },
  ...more,
});
const player = (policy: object = admins): TestService => exposing("player", policy, { actions });

const unguarded = ({ findings }: Report): readonly string[] =>
  findings
    .filter(({ code }) => code === "ACTION_UNGUARDED")
    .map(({ severity, jsonPath, message }) => `${severity} ${jsonPath}: ${message}`);

/** Publishes services, and returns the last report that each node received when everything is merged. */
async function publishAll(
  gateway: TestGateway,
  ...services: readonly TestService[]
): Promise<readonly Report[]> {
  for (const service of services) await gateway.publish(service);
  return services.map(({ name }) => lastReport(gateway, name));
}

function lastReport({ bus }: TestGateway, service: string): Report {
  const report = bus.node(service).reports.at(-1);
  if (report === undefined) throw new Error(`${service} received no report.`);
  return report;
}

/** Waits until the last report of a service has so many warnings about unguarded actions. */
async function untilWarned(gateway: TestGateway, service: string, count: number): Promise<Report> {
  await expect.poll(() => unguarded(lastReport(gateway, service)).length, { timeout: 10_000 }).toBe(count);
  return lastReport(gateway, service);
}

test("S7.7: both developers are warned, in whatever order the fragments come", async () => {
  const gateway = await startTestGateway();
  await publishAll(gateway, player(), exposing("web"));
  const [first, second] = [await untilWarned(gateway, "player", 1), await untilWarned(gateway, "web", 1)];
  await expectGolden(first, "unguarded-player");
  await expectGolden(second, "unguarded-web");

  const other = await startTestGateway();
  await publishAll(other, exposing("web"), player());
  expect(unguarded(await untilWarned(other, "player", 1))).toEqual(unguarded(first));
  expect(unguarded(await untilWarned(other, "web", 1))).toEqual(unguarded(second));
});

test("S7.7: the warnings are withdrawn when the exposing service adds a rule, and when it goes", async () => {
  const gateway = await startTestGateway();
  await publishAll(gateway, player(), exposing("web"), exposing("mobile"));
  await untilWarned(gateway, "player", 1);
  expect(unguarded(lastReport(gateway, "player"))[0]).toContain("`mobile`, `web`");
  await gateway.publish({ ...exposing("web", admins), revision: 2 });
  const warning = (): string => unguarded(lastReport(gateway, "player"))[0] ?? "";
  await expect.poll(warning, { timeout: 10_000 }).toContain("the service `mobile` exposes");
  // Now it guards the action too, which the third service still exposes.
  expect(unguarded(lastReport(gateway, "web"))).toEqual([
    "warning policy.call[0]: This rule guards `player.remove`, which the service `mobile` exposes " +
      "without a rule.",
  ]);
  await gateway.withdraw("mobile");
  await untilWarned(gateway, "web", 0);
  await untilWarned(gateway, "player", 0);
});

test("S7.7: the warnings are withdrawn when the guarding service removes its rule", async () => {
  const gateway = await startTestGateway();
  await publishAll(gateway, player(), exposing("web"));
  await untilWarned(gateway, "web", 1);
  await gateway.publish({ ...player({}), revision: 2 });
  await untilWarned(gateway, "web", 0);
  expect(unguarded(lastReport(gateway, "player"))).toEqual([]);
});

test("S7.7: a service guards its own actions by a pattern, also those that it does not expose", async () => {
  const gateway = await startTestGateway();
  const fragment = {
    policy: { call: [{ actions: ["player.**"], scope: ["admin"] }] },
    protocol: { REST: { basePath: "/players", routes: [{ method: "GET", path: "/", call: "player.list" }] } },
  };
  await publishAll(gateway, { name: "player", fragment, actions }, exposing("web"));
  expect(unguarded(await untilWarned(gateway, "web", 1))).toEqual([
    "warning protocol.REST.routes[0].call: No rule of this fragment applies to `player.remove`, which the " +
      "service `player` (policy.call[0]) guards.",
  ]);
});

test("S7.7: a rule without a condition guards nothing, nor does one without a connector", async () => {
  const gateway = await startTestGateway();
  const mail = {
    policy: { call: [{ actions: ["**"], scope: ["admin"] }] },
    protocol: { REST: { basePath: "/mail", routes: [{ method: "GET", path: "/", call: "mail.list" }] } },
  };
  const empty = { call: [{ description: "For admins.", actions: ["player.remove"] }] };
  const reports = await publishAll(
    gateway,
    { name: "mail", fragment: mail },
    exposing("desk", empty),
    exposing("web"),
  );
  expect(reports.flatMap(unguarded)).toEqual([]);
});

test("S7.3, S7.7: a rule with the scope `**` opens an action on purpose, and guards nothing", async () => {
  const gateway = await startTestGateway();
  const open = { call: [{ actions: ["player.remove"], scope: ["**"] }] };
  await publishAll(gateway, player(open), exposing("web"), exposing("mobile", admins));
  await untilWarned(gateway, "mobile", 1);
  expect(unguarded(lastReport(gateway, "player"))).toEqual([]);
  const [warning] = unguarded(await untilWarned(gateway, "web", 1));
  expect(warning).toContain("the service `mobile` (policy.call[0]) guards");
});

test("S7.2, S7.7: where the owner's rules apply, the action is not exposed without a rule", async () => {
  const gateway = await startTestGateway();
  const [first, second] = await publishAll(gateway, player({ ...admins, owner: true }), exposing("web"));
  expect([first, second].flatMap((report) => (report === undefined ? [] : unguarded(report)))).toEqual([]);
  const other = await startTestGateway();
  const reports = await publishAll(other, player(), exposing("web", { owner: true }));
  expect(reports.flatMap(unguarded)).toEqual([]);
});

test("S7.7: a fragment of a branch is compared with what its branch shows; master is not told", async () => {
  const gateway = await startTestGateway();
  await publishAll(gateway, player());
  const web = exposing("web");
  await gateway.publish({ ...web, fragment: { ...(web.fragment as object), branch: "preview" } });
  expect(lastReport(gateway, "web").branch).toBe("preview");
  expect(unguarded(await untilWarned(gateway, "web", 1))[0]).toContain("`player` (policy.call[0])");
  expect(unguarded(lastReport(gateway, "player"))).toEqual([]);
  await gateway.publish({ ...player({}), revision: 2 });
  await untilWarned(gateway, "web", 0);
});
