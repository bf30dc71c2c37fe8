import type { Check, CheckOptions, CheckResult } from "./check.ts";
import { CheckSkipped, ContractBroken, createContext, type RunningCheck } from "./context.ts";

/** The default limit of a check in milliseconds. */
export const defaultTimeout = 5_000;

/** Returns the checks such that each run has a harness of its own, which `copy` creates. */
export function withOwnHarness<Harness>(
  checks: readonly Check<Harness>[],
  copy: (harness: Harness) => Harness,
): readonly Check<Harness>[] {
  return checks.map((check) => ({ ...check, run: (harness, context) => check.run(copy(harness), context) }));
}

/** Runs all checks at once and returns their results in the order of the checks. Never rejects. */
export function runChecks<Harness>(
  checks: readonly Check<Harness>[],
  harness: Harness,
  options: CheckOptions = {},
): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map((check) => runCheck(check, harness, options)));
}

/** Runs one check and its clean-ups, each within the limit. Never rejects. */
export async function runCheck<Harness>(
  check: Check<Harness>,
  harness: Harness,
  { timeout = defaultTimeout }: CheckOptions = {},
): Promise<CheckResult> {
  const { title } = check;
  const context = createContext(title, timeout);
  const results = [
    await endWithin(context, () => applyCheck(check, harness, context)),
    await endWithin(context, () => cleanUp(context)),
  ];
  const failure = results.find((error) => error instanceof ContractBroken) ?? results.find(Boolean);
  if (failure === undefined) return { title, state: "passed" };
  if (failure instanceof CheckSkipped) return { title, state: "skipped", reason: failure.message };
  return { title, state: "failed", message: failure.message };
}

async function applyCheck<Harness>(
  check: Check<Harness>,
  harness: Harness,
  context: RunningCheck,
): Promise<void> {
  const reason = await check.needs?.(harness);
  if (reason !== undefined) context.skip(reason);
  await check.run(harness, context);
}

/** Runs all clean-ups, the last one first, and throws the first error. */
async function cleanUp({ cleanUps, clause, wait }: RunningCheck): Promise<void> {
  clause("A plugin releases everything when it ends.");
  const errors: unknown[] = [];
  for (const step of cleanUps.toReversed())
    await wait(Promise.try(step), "the clean-up resolves").catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/** Returns the error with which the step ends, if any; a failure where it does not end within the limit. */
async function endWithin(context: RunningCheck, step: () => Promise<void>): Promise<Error | undefined> {
  const limit = Promise.withResolvers<Error>();
  const timer = setTimeout(
    () => limit.resolve(context.failure(context.awaited, `nothing within ${context.timeout} ms`)),
    context.timeout,
  );
  const ended = Promise.try(step).then(
    () => undefined,
    (error: unknown) =>
      error instanceof ContractBroken || error instanceof CheckSkipped
        ? error
        : context.failure("no error", error),
  );
  const result = await Promise.race([ended, limit.promise]);
  clearTimeout(timer);
  return result;
}
