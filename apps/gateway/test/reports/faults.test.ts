import { beforeAll, expect, test } from "vitest";
import { faults } from "./faults.ts";
import { meaninglessNames } from "./meaningless-names.ts";
import { expectGolden, startTestGateway, type TestGateway } from "./test-gateway.ts";

let testGateway: TestGateway;
beforeAll(async () => {
  // All cases share a gateway: each service is published on its own node and removed afterwards.
  testGateway = await startTestGateway({}, () => undefined);
  return () => testGateway.gateway.stop();
});

test.each(faults)(
  "S10.1: $code, $what: the report says what is wrong, where, and what to do",
  async ({ what, code, service }) => {
    const file = what.toLowerCase().replaceAll(" ", "-");
    const report = await testGateway.publish(service, file);
    expect(report.findings.map((finding) => finding.code)).toContain(code);
    await testGateway.withdraw(service.name, file);
    await expectGolden(report, file);
  },
);

test.each(meaninglessNames)(
  "S1.7: $code, $what: one warning, and the fragment is served",
  async ({ what, code, service }) => {
    const file = what.toLowerCase().replaceAll(" ", "-");
    const report = await testGateway.publish(service, file);
    await testGateway.withdraw(service.name, file);
    const warnings = report.findings.filter(({ severity }) => severity !== "info");
    expect(warnings).toMatchObject([{ severity: "warning", code }]);
    expect(report.state).toBe("succeeded");
    await expectGolden(report, file);
  },
);

test("S1: one report contains all findings of a fragment, the most severe first", async () => {
  const report = await testGateway.publish(
    {
      name: "player",
      fragment: {
        protocol: {
          Rest: {},
          REST: {
            basePath: "/players",
            routes: [
              { method: "GET", path: "/:id", call: "player.gett" },
              { method: "GET", path: "/motto", map: "() => return 1" },
              { method: "PUT", path: "no-slash", call: "player.put" },
            ],
          },
        },
      },
    },
    "many",
  );
  await testGateway.withdraw("player", "many");
  expect(report.findings.length).toBeGreaterThanOrEqual(4);
  await expectGolden(report, "many-at-once");
});
