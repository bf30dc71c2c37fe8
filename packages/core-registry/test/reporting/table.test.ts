import { expect, test } from "vitest";
import { reportTable } from "../../src/reporting/table.ts";

test("S10.1: a report as text says what happened, where, what was expected, and what to do", () => {
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
    "player on master: fragment 01234567 was refused; what was served before goes on (version 1239eb4a)
      - GET /players/:id [breaking]
      error FUNCTION_SYNTAX at protocol.REST.routes[2].map:1:19
        Unexpected token.
        expected: a function
        found:    "x"
          > 1 | ({ response }) => return response
              |                   ^
        Write an expression, or braces.
      console.log policy.call[0].filter: seen
      try it: GET /players/:id"
  `);
});
