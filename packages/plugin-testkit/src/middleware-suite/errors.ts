import { TidegateError } from "@tidegate/core-registry";
import { errorReply, inputOf, type MiddlewareCheck, needsHook, startedMiddleware } from "./driver.ts";
import { secret, sentText, thrownErrors } from "./replies.ts";

/** Checks what the hook `error` does with errors (S12.2, S12.5). */
export const errorChecks: readonly MiddlewareCheck[] = [
  {
    title: "error continues, or answers with the status of an error",
    needs: needsHook("error"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      const exempt = new Set((suite.errors ?? []).map(({ code }) => code));
      for (const { request } of [{ request: {} }, ...suite.requests])
        for (const error of thrownErrors()) {
          const input = inputOf(suite, { request });
          const reply = await errorReply(check, middleware, error, input);
          if (reply === undefined || exempt.has(error.code)) continue;
          check.clause("`error` returns the reply for the error. Below 400 is only what an example answers.");
          const what = `the reply of error() of ${error.code} for ${input.label} has a status of 400 or more`;
          check.ok(reply.status >= 400, what, reply.status);
        }
    },
  },
  {
    title: "error answers the errors of the examples",
    needs: (suite) =>
      needsHook("error")(suite) ?? (suite.errors === undefined ? "the suite has no `errors`" : undefined),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const { code, request = {}, answers } of suite.errors ?? []) {
        const input = inputOf(suite, { request });
        const reply = await errorReply(check, middleware, new TidegateError(code), input);
        check.clause("`error` returns undefined to continue, or the reply for the error.");
        check.equal(reply?.status, answers, `the status of error() of ${code} for ${input.label}`);
      }
    },
  },
  {
    title: "the reply of error hides the messages of internal errors",
    needs: needsHook("error"),
    run: async (suite, check) => {
      const middleware = await startedMiddleware(suite, check);
      for (const error of thrownErrors()) {
        const reply = await errorReply(check, middleware, error, inputOf(suite, { request: {} }));
        if (reply === undefined) continue;
        const text = await sentText(check, { reply });
        check.clause("Clients get the message and the data of errors below 500 only.");
        check.ok(!text.includes(secret), `the reply of error() of ${error.code} has no '${secret}'`, text);
      }
    },
  },
];
