import { describe, expect, test } from "vitest";
import { isRefused, reportText } from "../src/report-text.ts";
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

describe("reportText", () => {
  test("shows each finding with its place, expected and found value, hint and code frame", () => {
    expect(reportText(report, false)).toBe(`player on master: refused (1 error, 1 warning)

error protocol.REST.routes[1].path:1:19  FUNCTION_SYNTAX
  A path begins with a slash.
  expected: an expression
  found: return
  Put braces around it.

  > 1 | ({ source }) => return 1
      |                  ^

warning protocol.REST.routes[1].path  FRAGMENT_INVALID
  A path begins with a slash.

More about it: tidegate explain FUNCTION_SYNTAX`);
  });

  test("S1.7: shows the place in the file where it is known", () => {
    const [first, second] = reportOf({ findings: [findingOf(), findingOf()] }).findings;
    const located = {
      ...report,
      findings: [
        { ...Object(first), source: { file: "player.ts", line: 7, column: 3 } },
        { ...Object(second), source: { file: "player.ts" } },
      ],
    };
    const text = reportText(located, false);
    expect(text).toContain("FRAGMENT_INVALID\n  player.ts:7:3\n  A path begins with a slash.");
    expect(text).toContain("FRAGMENT_INVALID\n  player.ts\n  A path begins with a slash.");
  });

  test("shows the changes of an accepted fragment", () => {
    const accepted = reportOf({ state: "succeeded", changes: [changeOf(), changeOf({ kind: "removed" })] });
    expect(reportText(accepted, false)).toBe(
      "player on master: accepted\n\n+ GET /players/:id\n- GET /players/:id",
    );
  });

  test("uses colours only on request", () => {
    expect(reportText(report, false)).not.toContain("\u001b");
    expect(reportText(report, true)).toContain("\u001b[31mrefused");
  });

  test("isRefused: the report failed or contains an error", () => {
    expect(isRefused(report)).toBe(true);
    expect(isRefused(reportOf({ state: "succeeded" }))).toBe(false);
    expect(isRefused(reportOf({ state: "succeeded", findings: [findingOf({ severity: "warning" })] }))).toBe(
      false,
    );
    expect(isRefused(reportOf({ state: "waiting", findings: [findingOf()] }))).toBe(true);
  });
});
