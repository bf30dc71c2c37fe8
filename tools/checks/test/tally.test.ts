import { expect, test } from "vitest";
import { tally } from "../src/tally.ts";

const passed = { status: "passed", assertionResults: [{}] };
const unloaded = { status: "failed", assertionResults: [] };

test.each([
  ["all passed", { numPassedTests: 3, numFailedTests: 0, testResults: [passed] }, 0, "3 passed, 0 failed"],
  ["some failed", { numPassedTests: 2, numFailedTests: 1, testResults: [passed] }, 1, "2 passed, 1 failed"],
  [
    "a file that does not load",
    { numPassedTests: 2, numFailedTests: 1, testResults: [unloaded] },
    1,
    "2 passed, 2 failed",
  ],
  [
    "an error outside of the tests",
    { numPassedTests: 3, numFailedTests: 0, testResults: [passed] },
    1,
    "3 passed, 1 failed",
  ],
  ["a check that failed before the tests", undefined, 2, "0 passed, 1 failed"],
])("the closing line of a run: %s", (_, result, exitCode, line) => {
  expect(tally([{ result, exitCode }])).toBe(line);
});

test("the closing line of two runs is their sum", () => {
  const result = { numPassedTests: 3, numFailedTests: 0, testResults: [passed] };
  expect(
    tally([
      { result, exitCode: 0 },
      { result, exitCode: 1 },
    ]),
  ).toBe("6 passed, 1 failed");
});
