import { expect, test } from "vitest";
import type { Change, Finding, Report } from "../../../src/contracts/report.ts";
import { combineChanges, combineReports } from "../../../src/registry/reports/combine-reports.ts";
import { withTable } from "../../../src/registry/reports/table.ts";

const change = (kind: Change["kind"], label: string, detail?: string): Change => ({
  kind,
  plugin: "REST",
  label,
  level: kind === "removed" ? "breaking" : "safe",
  service: "player",
  ...(detail === undefined ? {} : { detail }),
});

const finding = (message: string): Finding => ({
  severity: "warning",
  code: "ACTION_UNKNOWN",
  jsonPath: "",
  message,
});

const report = (parts: Partial<Report>): Report =>
  withTable({
    contract: 1,
    gateway: "gateway-1",
    service: "player",
    branch: "master",
    hash: "0".repeat(32),
    occasion: "merge",
    state: "succeeded",
    changes: [],
    findings: [],
    console: [],
    urls: [],
    ...parts,
  });

test("S10.2: two reports become one, from the first version to the last, with the newest findings", () => {
  const combined = combineReports(
    report({
      from: "aaaaaaaa",
      to: "bbbbbbbb",
      changes: [change("added", "/a")],
      findings: [finding("old")],
    }),
    report({
      from: "bbbbbbbb",
      to: "cccccccc",
      changes: [change("added", "/b")],
      findings: [finding("new")],
    }),
  );
  expect(combined).toMatchObject({ from: "aaaaaaaa", to: "cccccccc", findings: [finding("new")] });
  expect(combined.changes.map(({ label }) => label)).toEqual(["/a", "/b"]);
  expect(combined.table).toContain("(version aaaaaaaa -> cccccccc)");
});

test("S10.2: runtime events add up, equal findings once, and are bounded", () => {
  const line = { level: "log" as const, jsonPath: "", text: "x" };
  const many = Array.from({ length: 40 }, () => line);
  const combined = combineReports(
    report({ occasion: "runtime", findings: [finding("a"), finding("b")], console: many }),
    report({ occasion: "runtime", findings: [finding("b"), finding("c")], console: many }),
  );
  expect(combined.findings.map(({ message }) => message)).toEqual(["a", "b", "c"]);
  expect(combined.console).toHaveLength(50);
});

test.each<[string, Change[], Change[], Change[]]>([
  ["added, then removed", [change("added", "/a")], [change("removed", "/a")], []],
  ["added, then changed", [change("added", "/a")], [change("changed", "/a", "x")], [change("added", "/a")]],
  [
    "removed, then added again",
    [change("removed", "/a")],
    [change("added", "/a")],
    [{ ...change("changed", "/a"), level: "dangerous" }],
  ],
  [
    "changed in two ways",
    [change("changed", "/a", "x")],
    [change("changed", "/a", "y")],
    [change("changed", "/a", "x"), change("changed", "/a", "y")],
  ],
  [
    "changed, then removed",
    [change("changed", "/a", "x")],
    [change("removed", "/a")],
    [change("removed", "/a")],
  ],
])("S10.2: an endpoint that was %s is one change", (_, first, second, both) => {
  expect(combineChanges(first, second)).toEqual(both);
});
