import { manualClock } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { type ErrorCode, TidegateError } from "../../../src/index.ts";
import { createRequestFailureLog } from "../../../src/runtime/index.ts";

const request = { requestId: "r-1", target: "GET /players/7", route: "GET /players/:id" };

function start() {
  const clock = manualClock();
  const lines: string[] = [];
  const logger = {
    debug: (message: string) => lines.push(`debug ${message}`),
    info: (message: string) => lines.push(`info ${message}`),
    warn: (message: string) => lines.push(`warn ${message}`),
    error: (message: string) => lines.push(`error ${message}`),
  };
  return { clock, lines, failures: createRequestFailureLog(logger, clock) };
}

describe("S12.5: a failure of 500 or more is one line of the log", () => {
  test.each<[ErrorCode, string]>([
    ["NOT_FOUND", "debug"],
    ["INTERNAL", "error"],
    ["SERVICE_ERROR", "error"],
    ["CAPABILITY_MISSING", "error"],
    ["ACTION_UNAVAILABLE", "warn"],
    ["DEPENDENCY_UNAVAILABLE", "warn"],
    ["CALL_TIMEOUT", "warn"],
  ])("%s at level %s", (code, level) => {
    const { failures, lines } = start();
    failures.add(new TidegateError(code), request);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^${level} GET /players/7 \\d+ ${code} \\(r-1\\)`)),
    ]);
  });

  test("it has id, route, origin, place, action and cause, without secrets and line breaks", () => {
    const { failures, lines } = start();
    const cause = new Error("no\nconnection: password=hunter2");
    failures.add(new TidegateError("SERVICE_ERROR", "It failed.", { action: "player.get", cause }), {
      ...request,
      origin: "the protocol 'REST'",
      place: "field player",
    });
    expect(lines).toEqual([
      "error GET /players/7 500 SERVICE_ERROR (r-1) in the route GET /players/:id of the protocol 'REST', " +
        "field player, action player.get: It failed. Cause: no connection: password=*REDACTED*",
    ]);
  });

  test("of a kind, one a second is logged, then the last one with the number of the others", () => {
    const { failures, lines, clock } = start();
    const fail = (id: string): void =>
      failures.add(new TidegateError("CALL_TIMEOUT", "Late."), { ...request, requestId: id });
    for (let index = 0; index < 1_000; index++) fail(`r-${index}`);
    expect(lines).toEqual([expect.stringContaining("(r-0)")]);
    clock.advance(1_000);
    expect(lines[1]).toContain("(r-999)");
    expect(lines[1]).toContain("(998 more like this in the last second are left out)");
    clock.advance(1_000);
    expect(lines).toHaveLength(2);
    expect(clock.pending).toBe(0);
    fail("later");
    expect(lines[2]).toMatch(/\(later\).*Late\.$/);
  });

  test("another code, route or action is another kind; beyond 1,000 kinds a second all are one", () => {
    const { failures, lines } = start();
    const add = (code: ErrorCode, route: string, action: string): void =>
      failures.add(new TidegateError(code, "Failed.", { action }), { ...request, route });
    add("CALL_TIMEOUT", "GET /a", "a.b");
    add("ACTION_UNAVAILABLE", "GET /a", "a.b");
    add("CALL_TIMEOUT", "GET /b", "a.b");
    add("CALL_TIMEOUT", "GET /a", "a.c");
    expect(lines).toHaveLength(4);
    for (let index = 0; index < 5_000; index++) add("CALL_TIMEOUT", `GET /r${index}`, "a.b");
    expect(lines.length).toBeLessThan(1_010);
  });
});
