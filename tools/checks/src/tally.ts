import { readFileSync } from "node:fs";

/** The part of vitest's JSON report that `tally` reads. */
export interface Result {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** One entry for each test file. A file that cannot be loaded has failed without a test. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/**
 * Returns the last line of a run, `N passed, N failed`. A file that cannot be loaded counts as a failure, and
 * so does a run that failed without a failed test, for example in the type check or by an unhandled error.
 */
export function tally(result: Result | undefined, exitCode: number): string {
  const broken = result?.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = (result?.numFailedTests ?? 0) + (broken?.length ?? 0);
  return `${result?.numPassedTests ?? 0} passed, ${failed === 0 && exitCode !== 0 ? 1 : failed} failed`;
}

if (import.meta.main) {
  const [file = "", exitCode] = process.argv.slice(2);
  const text = readFileSync(file, "utf8");
  console.log(tally(text === "" ? undefined : JSON.parse(text), Number(exitCode)));
}
