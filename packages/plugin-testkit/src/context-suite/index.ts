import { httpRequest } from "../request.ts";
import { contractCheck, lifecycleCheck } from "../suite/plugin.ts";
import { registerChecks } from "../suite/register.ts";
import { lifetimeChecks, valueChecks } from "./checks.ts";
import { type ContextCheck, type ContextSuite, create } from "./driver.ts";

/** All checks of the contract of contexts (S12.3, S17), as data for `runChecks`. */
export const contextChecks: readonly ContextCheck[] = [
  contractCheck("context", ({ make }) => make()),
  ...valueChecks,
  ...lifetimeChecks,
  lifecycleCheck(
    "context",
    ({ make }) => make(),
    async (suite, _, factory) => {
      for (const { request, fails } of suite.requests) {
        if (fails !== undefined) continue;
        const value = await create(suite, factory, httpRequest(request));
        await factory.close?.(value);
      }
      return [];
    },
  ),
];

/** Registers the contract of contexts (S12.3, S17) as a vitest suite. */
export function testContext(suite: ContextSuite): void {
  const { name = `the context ${suite.make().name} fulfils its contract`, timeout } = suite;
  registerChecks(name, contextChecks, suite, timeout === undefined ? {} : { timeout });
}
