import { describe, test } from "vitest";
import type { Check, CheckOptions } from "./check.ts";
import { defaultTimeout, runCheck } from "./run.ts";

/**
 * Registers checks with vitest: a `describe` with the name, a concurrent test for each check. A check that
 * does not apply is skipped with its reason.
 */
export function registerChecks<Harness>(
  name: string,
  checks: readonly Check<Harness>[],
  harness: Harness,
  options: CheckOptions = {},
): void {
  // The check, and then its clean-ups, end within the limit; the limit of the runner only needs to be longer.
  const timeout = 2 * (options.timeout ?? defaultTimeout) + 10_000;
  describe(name, { concurrent: true }, () => {
    for (const check of checks)
      test(check.title, { timeout }, async (context) => {
        const result = await runCheck(check, harness, options);
        if (result.state === "skipped") context.skip(result.reason);
        if (result.state === "failed") throw new Error(result.message);
      });
  });
}
