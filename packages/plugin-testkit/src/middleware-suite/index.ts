import type { Middleware } from "@tidegate/core-registry";
import type { CheckContext } from "../suite/check.ts";
import { contractCheck, lifecycleCheck } from "../suite/plugin.ts";
import { registerChecks } from "../suite/register.ts";
import {
  errorReply,
  inputOf,
  type MiddlewareCheck,
  type MiddlewareSuite,
  replyOutcome,
  requestOutcome,
  startedMiddleware,
} from "./driver.ts";
import { errorChecks } from "./errors.ts";
import { isolationChecks } from "./isolation.ts";
import { readBody, replyAfter, thrownErrors } from "./replies.ts";
import { replyChecks } from "./reply.ts";
import { requestChecks } from "./requests.ts";

/** All checks of the contract of middleware (S12.2, S17), as data for `runChecks`. */
export const middlewareChecks: readonly MiddlewareCheck[] = [
  contractCheck("middleware", ({ make }) => make()),
  ...requestChecks,
  ...replyChecks,
  ...isolationChecks,
  ...errorChecks,
  {
    title: "dispose resolves where no request came",
    needs: ({ make }) => (make().start === undefined ? "the middleware has no start" : undefined),
    run: async (suite, check) => {
      await startedMiddleware(suite, check);
    },
  },
  lifecycleCheck("middleware", ({ make }) => make(), useAllHooks),
];

/** Registers the contract of middleware (S12.2, S17) as a vitest suite. */
export function testMiddleware(suite: MiddlewareSuite): void {
  const { name = `the middleware ${suite.make().name} fulfils its contract`, timeout } = suite;
  registerChecks(name, middlewareChecks, suite, timeout === undefined ? {} : { timeout });
}

async function useAllHooks(
  suite: MiddlewareSuite,
  check: CheckContext,
  middleware: Middleware,
): Promise<readonly never[]> {
  for (const example of suite.requests) {
    const request = inputOf(suite, example);
    const given = replyAfter(await requestOutcome(check, middleware, request));
    const outcome = await replyOutcome(check, middleware, given, request);
    if ("reply" in outcome) await readBody(check, outcome.reply);
    for (const error of thrownErrors()) await errorReply(check, middleware, error, request);
  }
  return [];
}
