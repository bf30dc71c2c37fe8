import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withDefaults } from "../../../src/runtime/examples.ts";

test("the README lists every option of examples, with its default", () => {
  const page = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const table = page.split("| member of `ExamplesOptions` |")[1]?.split("\n\n")[0] ?? "";
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name, shown]) => [
    name,
    shown?.replaceAll("`", ""),
  ]);
  const defaults = Object.entries(withDefaults({})).map(([name, value]) => [
    name,
    Array.isArray(value) ? "none" : String(value),
  ]);
  expect(rows).toEqual(defaults);
});
