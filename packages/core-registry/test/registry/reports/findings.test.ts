import { expect, test } from "vitest";
import type { Finding } from "../../../src/contracts/report.ts";
import { completeFindings } from "../../../src/registry/reports/table.ts";
import { jsonFrame } from "../../../src/runtime/fragment/frames.ts";

const raw = { protocol: { REST: { routes: Array.from({ length: 300 }, (_, at) => ({ path: `/${at}` })) } } };
const findingAt = (index: number, severity: Finding["severity"] = "warning"): Finding => ({
  severity,
  code: "ACTION_UNKNOWN",
  jsonPath: `protocol.REST.routes[${index}].path`,
  message: `No service has the action of ${index}.`,
});

test("S10.1: each finding shows its place in the fragment", () => {
  const completed = completeFindings([findingAt(7), findingAt(2, "error")], raw);
  expect(completed).toEqual([
    { ...findingAt(2, "error"), frame: jsonFrame(raw, "protocol.REST.routes[2].path") },
    { ...findingAt(7), frame: jsonFrame(raw, "protocol.REST.routes[7].path") },
  ]);
});

test("S10.2: a report is bounded, whatever the fragment: the worst are shown, the rest is counted", () => {
  const findings = [...Array.from({ length: 300 }, (_, at) => findingAt(at)), findingAt(299, "error")];
  const completed = completeFindings(findings, raw);
  expect(completed).toHaveLength(101);
  expect(completed[0]).toMatchObject({ severity: "error", frame: expect.stringContaining('"/299"') });
  expect(completed.filter(({ frame }) => frame !== undefined)).toHaveLength(20);
  expect(completed.at(-1)).toEqual({
    severity: "warning",
    code: "FINDINGS_MORE",
    jsonPath: "",
    message: "There are 201 more findings (ACTION_UNKNOWN). Fix these first to see them.",
  });
});
