import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { VersionDifference } from "../../../src/registry/contract.ts";
import { difference, highestLevel } from "../../../src/registry/difference/difference.ts";
import { differenceText } from "../../../src/registry/difference/text.ts";
import { goldenCases } from "./cases.ts";
import { plugins, versionOf } from "./kit.ts";

const folder = join(import.meta.dirname, "golden");

describe("S10: the text of a difference", () => {
  test.each(Object.entries(goldenCases))("%s", async (name, [before, after]) => {
    const file = join(folder, `${name}.txt`);
    const changes = difference(await versionOf(before), await versionOf(after), plugins);
    const compared: VersionDifference = {
      before: { branch: "master", tag: "11111111" },
      after: { branch: "preview", tag: "22222222" },
      level: highestLevel(changes),
      changes,
    };
    await expect(`${differenceText(compared, { colour: false })}\n`).toMatchFileSnapshot(file);
  });

  test("has no file of a removed case", () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(goldenCases)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });
});
