import { manualClock } from "@tidegate/plugin-testkit";
import { expect, test } from "vitest";
import type { Finding } from "../../../src/contracts/report.ts";
import { createRuntimeReports, type RuntimeEvents } from "../../../src/registry/reports/runtime-reports.ts";

const owner = { service: "player", hash: "0".repeat(32) };
const finding = (message: string): Finding => ({
  severity: "error",
  code: "FUNCTION_THREW",
  jsonPath: "protocol.REST.routes[0].map",
  message,
});

test("S10.2: runtime events are coalesced and bounded, an equal finding is sent once a minute", () => {
  const clock = manualClock();
  const sent: RuntimeEvents[] = [];
  const reports = createRuntimeReports(clock, (one) => void sent.push(one));
  for (let index = 0; index < 1_000; index++) reports.add(owner, finding("It threw."));
  for (let index = 0; index < 1_000; index++)
    reports.add(owner, { level: "log", jsonPath: "policy.call[0].filter", text: `token=${index}` });
  clock.advance(1_000);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.findings).toEqual([finding("It threw.")]);
  expect(sent[0]?.console).toHaveLength(50);
  expect(sent[0]?.console[0]?.text).toBe("token=*REDACTED*");
  reports.add(owner, finding("It threw."));
  clock.advance(1_000);
  expect(sent).toHaveLength(1);
  reports.add(owner, finding("Another one."));
  clock.advance(60_000);
  reports.add(owner, finding("It threw."));
  clock.advance(1_000);
  expect(sent.slice(1).map(({ findings }) => findings[0]?.message)).toEqual(["Another one.", "It threw."]);
  reports.stop();
});
