import type { Reporter, TestModule } from "vitest/node";

/** A test that was skipped, with the reason that it gave. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** Returns the text about skipped tests, or an empty string where no test was skipped. */
export function leftOutText(tests: readonly LeftOut[]): string {
  if (tests.length === 0) return "";
  return ["", "Left out:", ...tests.map(({ name, why }) => `  ${name}: ${why}`), ""].join("\n");
}

/** A reporter that lists the skipped tests with their reasons at the end of a run. */
export default class LeftOutReporter implements Reporter {
  /** Prints the skipped tests; called by vitest when all tests have run. */
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map((test): LeftOut => {
        const result = test.result();
        const note = result.state === "skipped" ? result.note : undefined;
        return { name: test.fullName, why: note ?? "no reason given" };
      }),
    );
    const text = leftOutText(tests);
    if (text !== "") process.stdout.write(`${text}\n`);
  }
}
