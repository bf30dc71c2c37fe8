import type { Reporter, TestModule } from "vitest/node";

/** One test that was left out, and why. */
export interface LeftOut {
  /** Its whole name. */
  readonly name: string;
  /** What it said. */
  readonly why: string;
}

/** What is printed of tests that were left out; nothing where none was. */
export function leftOutText(tests: readonly LeftOut[]): string {
  if (tests.length === 0) return "";
  return ["", "Left out:", ...tests.map(({ name, why }) => `  ${name}: ${why}`), ""].join("\n");
}

/** A reporter that says which tests were left out, and why: nothing is skipped in silence. */
export default class LeftOutReporter implements Reporter {
  /** Prints what was left out of a whole run. */
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
