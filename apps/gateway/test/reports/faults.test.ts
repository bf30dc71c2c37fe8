import { beforeAll, expect, test } from "vitest";
import { faults } from "./faults.ts";
import { expectGolden, type Stand, startStand } from "./stand.ts";

let stand: Stand;
beforeAll(async () => {
  // A stand for all: each service is on a node of its own, and taken away again.
  stand = await startStand({}, () => undefined);
  return () => stand.gateway.stop();
});

test.each(faults)(
  "S10.1: $code, $what: the developer is told what, where, and what to do",
  async ({ what, code, service }) => {
    const file = what.toLowerCase().replaceAll(" ", "-");
    const report = await stand.publish(service, file);
    expect(report.findings.map((finding) => finding.code)).toContain(code);
    await stand.withdraw(service.name, file);
    await expectGolden(report, file);
  },
);

test("S1: all faults of a fragment are in one report, the worst first", async () => {
  const report = await stand.publish(
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
  await stand.withdraw("player", "many");
  expect(report.findings.length).toBeGreaterThanOrEqual(4);
  await expectGolden(report, "many-at-once");
});
