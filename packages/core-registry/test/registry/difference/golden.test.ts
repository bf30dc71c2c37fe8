import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { VersionDifference } from "../../../src/registry/contract.ts";
import { difference, heaviest } from "../../../src/registry/difference/difference.ts";
import { differenceText } from "../../../src/registry/difference/text.ts";
import { goldenCases } from "./cases.ts";
import { plugins, versionOf } from "./kit.ts";

const folder = join(import.meta.dirname, "golden");

describe("S10: what people read of a difference, whole", () => {
  test.each(Object.entries(goldenCases))("%s", async (name, [before, after]) => {
    const file = join(folder, `${name}.txt`);
    const changes = difference(await versionOf(before), await versionOf(after), plugins);
    const told: VersionDifference = {
      before: { branch: "master", tag: "11111111" },
      after: { branch: "preview", tag: "22222222" },
      level: heaviest(changes),
      changes,
    };
    await expect(`${differenceText(told, { colour: false })}\n`).toMatchFileSnapshot(file);
  });

  test("no file is left of a case that is gone", () => {
    expect(readdirSync(folder).sort()).toEqual(
      Object.keys(goldenCases)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });
});
