import type { Scope } from "@tidegate/core-registry";
import type { EngineResult } from "./engine.ts";
import { type Answer, fieldError, type HiddenError, operationError, requestError } from "./errors.ts";
import type { Operation } from "./operations.ts";

/** Executes an operation and makes its answer. A value where no field had to wait. Never throws. */
export function executeOperation(
  operation: Operation,
  scope: Scope,
  rootValue: unknown,
  variables: Readonly<Record<string, unknown>>,
  hidden: HiddenError,
): Answer | Promise<Answer> {
  const failed = (error: unknown): Answer => ({ errors: [requestError(error, hidden)] });
  try {
    const result = operation.engine(scope, rootValue, variables);
    return result instanceof Promise
      ? result.then((value) => answerOf(value, hidden), failed)
      : answerOf(result, hidden);
  } catch (error) {
    return failed(error);
  }
}

function answerOf(result: EngineResult, hidden: HiddenError): Answer {
  const { data, errors, refused } = result;
  if (refused !== undefined)
    return { errors: refused.map((error) => operationError(error, "BAD_USER_INPUT")) };
  if (errors === undefined || errors.length === 0) return { data };
  const told = errors.map((error) => fieldError(error, hidden));
  // Nothing was executed where there is no data.
  return data === undefined ? { errors: told } : { errors: told, data };
}
