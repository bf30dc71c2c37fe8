import { describe, expect, test } from "vitest";
import { fullReportText, refused } from "../src/report-text.ts";
import { changeOf, findingOf, reportOf } from "./fixture.ts";

const report = reportOf({
  findings: [
    findingOf({
      code: "FUNCTION_SYNTAX",
      expected: "an expression",
      found: "return",
      hint: "Put braces around it.",
      line: 1,
      column: 19,
      frame: "> 1 | ({ source }) => return 1\n    |                  ^",
    }),
    findingOf({ severity: "warning" }),
  ],
});

describe("a report for a terminal", () => {
  test("says what is wrong, where, what was expected, what to do, with the code frame", () => {
    expect(fullReportText(report, false)).toBe(`player on master: refused (1 error, 1 warning)

error protocol.REST.routes[1].path:1:19  FUNCTION_SYNTAX
  A path begins with a slash.
  expected: an expression
  found: return
  Put braces around it.

  > 1 | ({ source }) => return 1
      |                  ^

warning protocol.REST.routes[1].path  FRAGMENT_INVALID
  A path begins with a slash.`);
  });

  test("an accepted one says what would change", () => {
    const accepted = reportOf({ state: "succeeded", changes: [changeOf(), changeOf({ kind: "removed" })] });
    expect(fullReportText(accepted, false)).toBe(
      "player on master: accepted\n\n+ GET /players/:id\n- GET /players/:id",
    );
  });

  test("has colours only where they are wanted", () => {
    expect(fullReportText(report, false)).not.toContain("\u001b");
    expect(fullReportText(report, true)).toContain("\u001b[31mrefused");
  });

  test("is a refusal where it failed or holds an error", () => {
    expect(refused(report)).toBe(true);
    expect(refused(reportOf({ state: "succeeded" }))).toBe(false);
    expect(refused(reportOf({ state: "succeeded", findings: [findingOf({ severity: "warning" })] }))).toBe(
      false,
    );
    expect(refused(reportOf({ state: "waiting", findings: [findingOf()] }))).toBe(true);
  });
});
