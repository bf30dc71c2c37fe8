import { expect, test } from "vitest";
import { codesIn, explainedIn, foreignCodes } from "../src/codes.ts";
import { read, readPackages } from "../src/repository.ts";

// The test kit's services have codes of their own, and the explanations are not what produces a code.
const sources = readPackages()
  .filter(({ folder }) => /^(packages\/|apps\/gateway$)/.test(folder) && !folder.endsWith("plugin-testkit"))
  .flatMap((each) => each.sources)
  .filter(({ path }) => !path.includes("/explain/"));
const produced = new Set(sources.flatMap(codesIn));
const explained = explainedIn(read("docs/findings.md"));

test("every code of a finding or an error is explained on docs/findings.md", () => {
  const codes = [...produced].filter((code) => !foreignCodes.includes(code));
  expect(codes.filter((code) => !explained.includes(code))).toEqual([]);
  expect(codes.length).toBeGreaterThan(60);
});

test("docs/findings.md explains no code that nothing produces, and none twice", () => {
  expect(explained.filter((code) => !produced.has(code))).toEqual([]);
  expect(new Set(explained).size).toBe(explained.length);
});

test("the names that are no codes of ours occur", () => {
  expect(foreignCodes.filter((code) => !produced.has(code))).toEqual([]);
});

test("the check sees codes in texts, in conditions and in the table of errors", () => {
  const text = `
    const errorCodes = { INTERNAL: { status: 500 }, NOT_FOUND: {} } as const;
    const finding = { code: isForeign ? "SOURCE_FOREIGN" : "SOURCE_UNKNOWN" };
    // "IN_COMMENT"
    const other = process.env.TIDEGATE_BRANCH ?? "GET";
  `;
  expect(codesIn({ path: "a.ts", text })).toEqual([
    "INTERNAL",
    "NOT_FOUND",
    "SOURCE_FOREIGN",
    "SOURCE_UNKNOWN",
  ]);
  expect(explainedIn("## A_B\n### C_D\ntext ### E_F\n### INTERNAL\n")).toEqual(["C_D", "INTERNAL"]);
});
