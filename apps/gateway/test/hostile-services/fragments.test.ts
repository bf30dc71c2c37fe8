import type { TestService } from "@tidegate/plugin-testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { ask, startLoad } from "../client.ts";
import { startTestGateway, type TestGateway } from "../reports/test-gateway.ts";

/** A gateway that serves `/players/1` under load. When the test ends, every response must have been right. */
async function startServing(): Promise<TestGateway & { readonly expectRightAnswers: () => Promise<void> }> {
  const testGateway = await startTestGateway();
  await testGateway.publish({
    name: "player",
    fragment: {
      protocol: {
        REST: { basePath: "/players", routes: [{ method: "GET", path: "/:id", call: "player.get" }] },
      },
    },
    actions: { get: { params: { type: "object" }, handler: () => ({ name: "Ann" }) } },
  });
  const load = startLoad([`${testGateway.url}/players/1`], 2);
  onTestFinished(() => load.stop());
  const expectRightAnswers = async (): Promise<void> => {
    await load.stop();
    expect(load.failures).toEqual([]);
    expect([...load.answers.keys()]).toEqual(['/players/1 200 {"name":"Ann"}']);
  };
  return { ...testGateway, expectRightAnswers };
}

const team = (protocol: unknown, more: object = {}): TestService => ({
  name: "team",
  revision: 1,
  fragment: { protocol, ...more },
});
const rest = (routes: readonly object[], basePath = "/teams") => ({ REST: { basePath, routes } });

describe("hostile: a hostile fragment does not affect other services", () => {
  test("hostile-01: a claim of another service is refused, and the report names the owner", async () => {
    const { publish, url, expectRightAnswers } = await startServing();
    const steal = { method: "GET", path: "/:name", map: "() => 'stolen'" };
    const report = await publish(
      team(rest([steal, { method: "GET", path: "/mine", map: "() => 1" }], "/players")),
    );
    expect(report).toMatchObject({
      state: "failed",
      changes: [],
      findings: [{ code: "CLAIM_TAKEN", message: expect.stringContaining("`player`") }],
    });
    expect(await ask(`${url}/players/mine`)).toMatchObject({ body: '{"name":"Ann"}' });
    await expectRightAnswers();
  });

  test("hostile-01: a service that claims all paths gets only the unclaimed ones", async () => {
    const { publish, url, expectRightAnswers } = await startServing();
    const all = { method: "GET", path: "/**", map: "() => 'all'" };
    expect(await publish(team(rest([all], "/")))).toMatchObject({ state: "succeeded" });
    await publish({
      name: "late",
      fragment: { protocol: rest([{ method: "GET", path: "/", map: "() => 'late'" }], "/late") },
    });
    expect(await ask(`${url}/late`)).toMatchObject({ body: "late" });
    expect(await ask(`${url}/nobody`)).toMatchObject({ body: "all" });
    expect((await ask(`${url}/~status`)).body).not.toBe("all");
    await expectRightAnswers();
  });

  test("hostile-02: a regex with exponential time is refused, and so are too many regexes", async () => {
    const { publish, expectRightAnswers } = await startServing();
    const path = (regex: string) => ({ method: "GET", path: `/:id(${regex})`, map: "() => 1" });
    for (const regex of ["(?:a+)+", "(?:a|a)*b", "[a-z]{1,200}[a-z]{1,200}", "(?:(?:a{99}){99}){99}"]) {
      const { findings } = await publish({ ...team(rest([path(regex)])), revision: regex.length });
      expect(findings).toMatchObject([{ code: "PATH_INVALID", found: `(${regex})` }]);
    }
    const many = Array.from({ length: 1_000 }, (_, at) => path(`(?:a|b|c${at}){1,20}[a-z]{1,20}`));
    const { findings } = await publish({ ...team(rest(many)), revision: 100 });
    expect(findings).toMatchObject([{ code: "REGEXES_TOO_MANY" }]);
    await expectRightAnswers();
  });

  test("hostile-03: 100,000 routes in one fragment exceed the limit", async () => {
    const { publish, url, expectRightAnswers } = await startServing();
    const routes = Array.from({ length: 100_000 }, (_, at) => ({ method: "GET", path: `/${at}` }));
    expect(await publish(team(rest(routes)))).toMatchObject({
      state: "failed",
      findings: [{ code: "FRAGMENT_TOO_LARGE" }],
    });
    const fewer = routes.slice(0, 20_000);
    expect(await publish({ ...team(rest(fewer)), revision: 2 })).toMatchObject({
      state: "failed",
      findings: [{ code: "ROUTES_TOO_MANY", found: "20000 routes" }],
    });
    expect(await ask(`${url}/teams/1`)).toMatchObject({ status: 404 });
    await expectRightAnswers();
  });

  test("hostile-04: 20,000 types in one fragment exceed the limit", async () => {
    const { publish, expectRightAnswers } = await startServing();
    const typeDefs = Array.from({ length: 20_000 }, (_, at) => `type T${at} { id: ID }`).join(" ");
    expect(await publish(team({ GraphQL: { typeDefs } }))).toMatchObject({
      state: "failed",
      findings: [{ code: "GRAPHQL_TOO_MANY_TYPES" }],
    });
    await expectRightAnswers();
  });

  test("a fragment that is nested too deeply or contains itself is refused", async () => {
    const { publish, url, expectRightAnswers } = await startServing();
    let deep: unknown = "bottom";
    for (let level = 0; level < 10_000; level++) deep = { a: [deep] };
    const endless: Record<string, unknown> = {};
    endless.REST = endless;
    for (const [revision, protocol] of [deep, endless].entries())
      expect(await publish({ ...team(protocol), revision })).toMatchObject({
        state: "failed",
        findings: [{ code: "FRAGMENT_TOO_DEEP" }],
      });
    const corrected = rest([{ method: "GET", path: "/", map: "() => 'corrected'" }]);
    expect(await publish({ ...team(corrected), revision: 3 })).toMatchObject({ state: "succeeded" });
    expect(await ask(`${url}/teams`)).toMatchObject({ body: "corrected" });
    await expectRightAnswers();
  });

  test("S10.2: thousands of errors make one report of limited size", async () => {
    const { publish, expectRightAnswers } = await startServing();
    const members = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`m${at}`, 1]));
    for (const [revision, fragment] of [
      members,
      { protocol: members },
      { protocol: rest([{ method: "GET", path: "/", map: "() => 1", ...members }]) },
      { protocol: rest(Array.from({ length: 1_000 }, () => ({ method: "GOT", path: "a" }))) },
      { policy: { call: [{ actions: ["a"], ...members }] } },
    ].entries()) {
      const report = await publish({ name: "team", revision, fragment });
      expect(report.findings.length).toBeGreaterThan(50);
      expect(JSON.stringify(report).length).toBeLessThan(100_000);
    }
    await expectRightAnswers();
  });
});
