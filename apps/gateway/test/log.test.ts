import type { Logger, Report, VersionSwap } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { logRegistry, mountText, reportText } from "../src/log.ts";
import { changeOf, findingOf, mountedOf, reportOf } from "./fixture.ts";

describe("log lines as a person wants them", () => {
  test("a mount: branch, version, services, then what changed and whose it is", () => {
    const changes = [
      changeOf(),
      changeOf({ kind: "removed", label: "GET /old", level: "breaking", service: "team" }),
      changeOf({ kind: "changed", label: "POST /players", level: "breaking", detail: "params changed" }),
    ];
    expect(mountText(mountedOf(changes))).toBe(
      [
        "master 7a2db312 (1 service)",
        "  + GET /players/:id  player",
        "  - GET /old  team",
        "  ~ POST /players  player  (breaking)  params changed",
      ].join("\n"),
    );
  });

  test("many changes are counted, not written", () => {
    const lines = mountText(mountedOf(Array.from({ length: 100 }, () => changeOf()))).split("\n");
    expect(lines).toHaveLength(42);
    expect(lines.at(-1)).toBe("  ... and 60 more");
  });

  test("a refused fragment: one line a finding, with its place, without its code frame", () => {
    const text = reportText(
      reportOf({
        findings: [
          findingOf({ hint: "Write /players." }),
          findingOf({
            severity: "warning",
            jsonPath: "policy.call[0].filter",
            line: 2,
            column: 7,
            frame: "> 2 | x",
          }),
        ],
      }),
    );
    expect(text).toBe(
      [
        "player: fragment refused on master",
        "  error  protocol.REST.routes[1].path  A path begins with a slash. Write /players.",
        "  warning  policy.call[0].filter:2:7  A path begins with a slash.",
      ].join("\n"),
    );
  });

  test("a text from outside cannot steer the terminal", () => {
    const text = mountText(mountedOf([changeOf({ label: "GET /\u001b[2J\u0007\u009bx" })]));
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test("what went well is told by its mount alone; failures are errors, trouble while serving is a warning", () => {
    const written: string[] = [];
    const write = (level: string) => (message: string) =>
      void written.push(`${level} ${message.split("\n")[0]}`);
    const logger: Logger = {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
    const tell: { report?: (report: Report) => void; mount?: (mounted: VersionSwap) => void } = {};
    let ended = 0;
    const stop = logRegistry(
      {
        onReport: (listener) => {
          tell.report = listener;
          return () => void ended++;
        },
        onSwap: (listener) => {
          tell.mount = listener;
          return () => void ended++;
        },
      },
      logger,
    );
    tell.mount?.(mountedOf([]));
    tell.report?.(reportOf({ state: "succeeded" }));
    tell.report?.(reportOf());
    tell.report?.(reportOf({ occasion: "runtime", state: "succeeded", findings: [findingOf()] }));
    expect(written).toEqual([
      "info master 7a2db312 (1 service)",
      "error player: fragment refused on master",
      "warn player: trouble while it is served on master",
    ]);
    stop();
    expect(ended).toBe(2);
  });
});
