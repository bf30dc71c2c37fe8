import { readFileSync } from "node:fs";
import { expect, expectTypeOf, test } from "vitest";
import type { Finding, FragmentInput, Json, JsonSchema, Report } from "../src/index.ts";

test("the package depends on nothing and has nothing at run time", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest.exports["."]).not.toHaveProperty("default");
  expect(Object.keys(await import("../src/index.ts"))).toEqual([]);
});

test("S1: a fragment without the types of a protocol can have any part", () => {
  const fragment = {
    branch: "preview",
    policy: { call: [{ actions: ["player.*"], scope: ["player.read"] }], owner: true },
    protocol: { REST: { basePath: "/players", routes: [] } },
  } satisfies FragmentInput;
  expectTypeOf(fragment).toExtend<FragmentInput>();
  expectTypeOf<{ branch: number }>().not.toExtend<FragmentInput>();
  expectTypeOf<{ policy: { call: string } }>().not.toExtend<FragmentInput>();
});

test("S10.1: a report is plain data", () => {
  expectTypeOf<Report["findings"]>().toEqualTypeOf<readonly Finding[]>();
  expectTypeOf<Report["console"][number]["text"]>().toEqualTypeOf<string>();
  expectTypeOf<null | 1 | "a" | readonly Json[]>().toExtend<Json>();
  expectTypeOf<{ type: "object"; properties: { id: { type: "number" } } }>().toExtend<JsonSchema>();
});
