import { readFileSync } from "node:fs";

/** The part of vitest's JSON report that `tally` reads. */
export interface Result {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** One entry for each test file. A file that cannot be loaded has failed without a test. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** A run of vitest: its report, undefined where it ended without one, and its exit code. */
export interface Run {
  readonly result: Result | undefined;
  readonly exitCode: number;
}

/**
 * Returns the last line of all runs, `N passed, N failed`. A file that cannot be loaded counts as a failure,
 * and so does a run that failed without a failed test, for example in the type check or by an unhandled
 * error.
 */
export function tally(runs: readonly Run[]): string {
  const passed = runs.reduce((sum, { result }) => sum + (result?.numPassedTests ?? 0), 0);
  const failed = runs.reduce((sum, run) => sum + failures(run), 0);
  return `${passed} passed, ${failed} failed`;
}

function failures({ result, exitCode }: Run): number {
  const broken = result?.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = (result?.numFailedTests ?? 0) + (broken?.length ?? 0);
  return failed === 0 && exitCode !== 0 ? 1 : failed;
}

if (import.meta.main) {
  const given = process.argv.slice(2);
  const runs = Array.from({ length: given.length / 2 }, (_, index): Run => {
    const text = readFileSync(given[2 * index] ?? "", "utf8");
    return {
      result: text === "" ? undefined : JSON.parse(text),
      exitCode: Number(given[2 * index + 1]),
    };
  });
  console.log(tally(runs));
}
