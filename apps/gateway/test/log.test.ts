import type { Logger, Report } from "@tidegate/core-registry";
import type { VersionSwap } from "@tidegate/core-registry/registry";
import { describe, expect, test } from "vitest";
import { logRegistry, reportSummary, swapText } from "../src/log.ts";
import { changeOf, findingOf, reportOf, swapOf } from "./fixture.ts";

describe("log lines", () => {
  test("a new version: branch, version, number of services, then each change with its service", () => {
    const changes = [
      changeOf(),
      changeOf({ kind: "removed", label: "GET /old", level: "breaking", service: "team" }),
      changeOf({ kind: "changed", label: "POST /players", level: "breaking", detail: "params changed" }),
    ];
    expect(swapText(swapOf(changes))).toBe(
      [
        "master 7a2db312 (1 service)",
        "  + GET /players/:id  player",
        "  - GET /old  team",
        "  ~ POST /players  player  (breaking)  params changed",
      ].join("\n"),
    );
  });

  test("of more than ten changes, those that break clients are listed and the others counted", () => {
    const breaking = changeOf({ kind: "removed", label: "GET /old", level: "breaking" });
    const others = Array.from({ length: 20 }, () => changeOf());
    expect(
      swapText(swapOf([...others, breaking, changeOf({ service: "team" })]))
        .split("\n")
        .slice(1),
    ).toEqual(["  - GET /old  player", "  + 20 added  player", "  + 1 added  team"]);
  });

  test("findings that say the same are one line, and more than ten lines are counted", () => {
    const same = [1, 2, 3].map((n) => findingOf({ message: "No service provides it.", jsonPath: `a[${n}]` }));
    const others = Array.from({ length: 12 }, (_, n) =>
      findingOf({ message: `Problem ${n}.`, jsonPath: "b" }),
    );
    const lines = reportSummary(reportOf({ findings: [...same, ...others] })).split("\n");
    expect(lines).toHaveLength(12);
    expect(lines[1]).toBe("  error  a[1]  No service provides it. (and 2 more places)");
    expect(lines.at(-1)).toBe("  ... and 3 other findings");
  });

  test("a refused fragment: one line per finding with its place, without the code frame", () => {
    const text = reportSummary(
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

  test("control characters from outside are removed", () => {
    const text = swapText(swapOf([changeOf({ label: "GET /\u001b[2J\u0007\u009bx" })]));
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test("new versions are logged as info, refused fragments as errors, run-time problems as warnings", () => {
    const written: string[] = [];
    const write = (level: string) => (message: string) =>
      void written.push(`${level} ${message.split("\n")[0]}`);
    const logger: Logger = {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
    const listeners: { report?: (report: Report) => void; swap?: (swap: VersionSwap) => void } = {};
    let ended = 0;
    const stop = logRegistry(
      {
        onReport: (listener) => {
          listeners.report = listener;
          return () => void ended++;
        },
        onSwap: (listener) => {
          listeners.swap = listener;
          return () => void ended++;
        },
      },
      logger,
    );
    listeners.swap?.(swapOf([]));
    listeners.report?.(reportOf({ state: "succeeded" }));
    listeners.report?.(reportOf());
    listeners.report?.(reportOf({ occasion: "runtime", state: "succeeded", findings: [findingOf()] }));
    expect(written).toEqual([
      "info master 7a2db312 (1 service)",
      "error player: fragment refused on master",
      "warn player: problem at run time on master",
    ]);
    stop();
    expect(ended).toBe(2);
  });
});
