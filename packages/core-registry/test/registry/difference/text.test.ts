import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { VersionDifference } from "../../../src/registry/contract.ts";
import { differenceText } from "../../../src/registry/difference/text.ts";

const difference: VersionDifference = {
  before: { branch: "master", tag: "0a1b2c3d" },
  after: { branch: "master", tag: "latest" },
  level: "breaking",
  changes: [
    { kind: "removed", plugin: "REST", label: "GET /a", level: "breaking", service: "player" },
    { kind: "changed", plugin: "GraphQL", label: "schema", level: "dangerous", detail: "It changed." },
    { kind: "changed", plugin: "GraphQL", label: "schema", level: "dangerous", detail: "It changed much." },
    { kind: "added", plugin: "REST", label: "GET /b", level: "safe", service: "player" },
  ],
};

describe("S10: the text of a difference", () => {
  test("lists the changes of each service, breaking ones first", () => {
    expect(differenceText(difference, { colour: false })).toBe(
      [
        "master@0a1b2c3d..master@latest: breaking (1 breaking, 2 dangerous, 1 safe)",
        "",
        "player",
        "  - breaking   GET /a (REST)",
        "  + safe       GET /b (REST)",
        "",
        "several services",
        "  ~ dangerous  schema (GraphQL)",
        "      It changed.",
        "      It changed much.",
      ].join("\n"),
    );
  });

  test("has the same text with colours, and one colour for each level", () => {
    const coloured = differenceText(difference, { colour: true });
    expect(stripVTControlCharacters(coloured)).toBe(differenceText(difference, { colour: false }));
    expect(coloured).toContain("\u001b[31m- breaking \u001b[39m");
    expect(coloured).toContain("\u001b[32m+ safe     \u001b[39m");
    expect(coloured).toContain("\u001b[33m~ dangerous\u001b[39m");
  });

  test("prints texts of services as one line without control characters", () => {
    const evil = "x\u001b[2J\nGET /b\u0007\r";
    const text = differenceText(
      {
        ...difference,
        changes: [{ kind: "added", plugin: evil, label: evil, level: "safe", service: evil, detail: evil }],
      },
      { colour: false },
    );
    expect(text.split("\n")).toHaveLength(5);
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
