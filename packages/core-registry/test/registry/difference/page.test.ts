import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { difference, highestLevel } from "../../../src/registry/difference/difference.ts";
import { differenceText } from "../../../src/registry/difference/text.ts";
import { plugins, versionOf } from "./kit.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../../docs/differences.md"), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text ?? "");

test("S18: the example of docs/differences.md shows the text of its difference", async () => {
  const fragments = blocks("json fragment").map((text) => JSON.parse(text));
  const texts = blocks("text");
  expect([fragments.length, texts.length]).toEqual([2, 1]);
  const [before, after] = [
    await versionOf({ player: fragments[0] }),
    await versionOf({ player: fragments[1] }),
  ];
  const changes = difference(before, after, plugins);
  const text = differenceText(
    {
      before: { branch: "master", tag: "8c1f0b2e" },
      after: { branch: "master", tag: "latest" },
      level: highestLevel(changes),
      changes,
    },
    { colour: false },
  );
  expect(texts[0]).toBe(`${text}\n`);
});
