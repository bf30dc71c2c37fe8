import { expect, test } from "vitest";
import type { Change, Finding } from "../../../src/contracts/report.ts";
import { reportTable } from "../../../src/registry/reports/table.ts";

test("S10.1: a table shows the result, the place, the expected value, and what to do", () => {
  const table = reportTable({
    contract: 1,
    gateway: "gateway-1",
    service: "player",
    branch: "master",
    hash: "0123456789abcdef0123456789abcdef",
    occasion: "merge",
    state: "failed",
    from: "1239eb4a",
    to: "1239eb4a",
    changes: [{ kind: "removed", plugin: "REST", label: "GET /players/:id", level: "breaking" }],
    findings: [
      {
        severity: "error",
        code: "FUNCTION_SYNTAX",
        jsonPath: "protocol.REST.routes[2].map",
        message: "Unexpected token.",
        line: 1,
        column: 19,
        frame: "> 1 | ({ response }) => return response\n    |                   ^",
        expected: "a function",
        found: '"x"',
        hint: "Write an expression, or braces.",
      },
    ],
    console: [{ level: "log", jsonPath: "policy.call[0].filter", text: "seen" }],
    urls: ["GET /players/:id"],
  });
  expect(table).toMatchInlineSnapshot(`
    "player on master: fragment 01234567 was refused and is not served (version 1239eb4a)
      error FUNCTION_SYNTAX at protocol.REST.routes[2].map:1:19
        Unexpected token.
        expected: a function
        found:    "x"
          > 1 | ({ response }) => return response
              |                   ^
        Write an expression, or braces.
      more about it: tidegate explain FUNCTION_SYNTAX
      console.log policy.call[0].filter: seen
      - GET /players/:id [breaking]
      try it: GET /players/:id"
  `);
});

const base = {
  contract: 1,
  gateway: "gateway-1",
  service: "player",
  branch: "master",
  hash: "0123456789abcdef0123456789abcdef",
  occasion: "merge",
  state: "succeeded",
  from: "1239eb4a",
  to: "7a2db312",
  changes: [],
  findings: [],
  console: [],
  urls: [],
} as const;

test("S10.1: errors come first, and equal hints of successive findings are shown once", () => {
  const claim = (name: string): Finding => ({
    severity: "error",
    code: "CLAIM_TAKEN",
    jsonPath: `protocol.REST.routes[${name}]`,
    message: `Route ${name} belongs to \`team\`.`,
    expected: "another one",
    hint: "It is yours as soon as `team` gives it up.",
  });
  const warning: Finding = {
    severity: "warning",
    code: "POLICY_OFF",
    jsonPath: "policy",
    message: "It is off.",
  };
  const table = reportTable({ ...base, state: "failed", findings: [warning, claim("0"), claim("1")] });
  expect(table).toMatchInlineSnapshot(`
    "player on master: fragment 01234567 was refused and is not served (version 1239eb4a -> 7a2db312)
      error CLAIM_TAKEN at protocol.REST.routes[0]
        Route 0 belongs to \`team\`.
      error CLAIM_TAKEN at protocol.REST.routes[1]
        Route 1 belongs to \`team\`.
        expected: another one
        It is yours as soon as \`team\` gives it up.
      warning POLICY_OFF at policy
        It is off.
      more about it: tidegate explain CLAIM_TAKEN"
  `);
});

test("S10.1: a breaking change is shown once, with what to do about it", () => {
  const change = { kind: "removed", plugin: "REST", label: "GET /old", level: "breaking" } as const;
  const finding: Finding = {
    severity: "warning",
    code: "CHANGE_BREAKING",
    jsonPath: "",
    message: "`GET /old` was removed, which breaks its clients.",
    found: "GET /old",
    hint: "Keep it beside the new one.",
  };
  expect(reportTable({ ...base, changes: [change], findings: [finding] })).toMatchInlineSnapshot(`
    "player on master: fragment 01234567 is served (version 1239eb4a -> 7a2db312)
      - GET /old [breaking]
        Keep it beside the new one."
  `);
  // A refused fragment has no changes: only the finding names the breaking one.
  const refused = reportTable({ ...base, state: "failed", findings: [{ ...finding, severity: "error" }] });
  expect(refused).toContain("error CHANGE_BREAKING at the fragment");
});

const added = (index: number): Change => ({
  kind: "added",
  plugin: "REST",
  label: `GET /${index}\u001b[2J`,
  level: "safe",
});

test("S10.2: up to ten changes are listed, and no name controls the terminal", () => {
  const changes = Array.from({ length: 10 }, (_, index) => added(index));
  const lines = reportTable({ ...base, changes }).split("\n");
  expect(lines).toHaveLength(11);
  expect(lines[1]).toBe("  + GET /0");
});

test("S10.2: of more than ten changes the table has counts, but lists those that break clients", () => {
  const changes = Array.from({ length: 20 }, (_, index) => added(index));
  const breaking: Change = { kind: "removed", plugin: "REST", label: "GET /old", level: "breaking" };
  const dangerous: Change = { kind: "changed", plugin: "REST", label: "GET /new", level: "dangerous" };
  expect(
    reportTable({ ...base, changes: [...changes, breaking, dangerous] })
      .split("\n")
      .slice(1),
  ).toEqual(["  - GET /old [breaking]", "  + 20 added", "  ~ 1 changed [dangerous]"]);
});

test("S10.2: equal findings are shown once with all places, and many others are counted", () => {
  const unknown = (place: string): Finding => ({
    severity: "warning",
    code: "ACTION_UNKNOWN",
    jsonPath: place,
    message: "No service provides `team.get` yet.",
  });
  const others = Array.from(
    { length: 12 },
    (_, index): Finding => ({
      ...unknown("x"),
      severity: "info",
      code: "OTHER",
      message: `Message ${index}.`,
    }),
  );
  const lines = reportTable({ ...base, findings: [unknown("a"), unknown("b"), unknown("c"), ...others] })
    .split("\n")
    .slice(1);
  expect(lines.slice(0, 3)).toEqual([
    "  warning ACTION_UNKNOWN at a",
    "    No service provides `team.get` yet.",
    "    also at b, c",
  ]);
  expect(lines.slice(-2)).toEqual([
    "  ... and more: 3 of info OTHER",
    "  more about it: tidegate explain ACTION_UNKNOWN",
  ]);
  expect(lines).toHaveLength(3 + 9 * 2 + 2);
});

test("S10.1: public endpoints are named in one line", () => {
  const added = (label: string, isPublic: boolean) => ({
    kind: "added" as const,
    plugin: "REST",
    label,
    level: "safe" as const,
    ...(isPublic && { detail: "No rule covers it: it is public." }),
  });
  const last = (...changes: ReturnType<typeof added>[]) =>
    reportTable({ ...base, changes })
      .split("\n")
      .at(-1);
  expect(last(added("GET /a", true))).toBe("  This is public: no rule covers it.");
  expect(last(added("GET /a", true), added("GET /b", true))).toBe(
    "  All of these are public: no rule covers them.",
  );
  expect(last(added("GET /a", true), added("GET /b", false))).toBe(
    "  `GET /a` is public: no rule covers it.",
  );
  const many = Array.from({ length: 9 }, (_, at) => added(`GET /${at}`, true));
  expect(last(...many, added("GET /b", false))).toBe(
    "  `GET /0`, `GET /1`, `GET /2`, `GET /3`, `GET /4` and 4 more are public: no rule covers them.",
  );
  expect(last(added("GET /b", false))).toBe("  + GET /b");
});
