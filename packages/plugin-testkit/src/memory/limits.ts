import { type CallScope, type Clock, isTidegateError, TidegateError } from "@tidegate/core-registry";

/** Why a call's scope ended: its deadline passed, or its client went away. */
export function endOf(scope: CallScope, clock: Clock, dispatched: boolean): TidegateError {
  const { reason } = scope.signal;
  const late = scope.deadline !== undefined && clock.now() >= scope.deadline;
  if (late || (isTidegateError(reason) && reason.code === "CALL_TIMEOUT"))
    return new TidegateError("CALL_TIMEOUT", "The request's time is over.", { dispatched });
  return new TidegateError("CANCELLED", undefined, { dispatched, cause: reason });
}

/** Calls `end` when the scope ends or `timeout` milliseconds have passed, and returns what takes that back. */
export function limit(
  scope: CallScope,
  clock: Clock,
  timeout: number,
  end: (error: TidegateError) => void,
): () => void {
  const left = scope.deadline === undefined ? timeout : Math.min(timeout, scope.deadline - clock.now());
  const expire = (): void =>
    end(new TidegateError("CALL_TIMEOUT", `No answer within ${left} ms.`, { dispatched: true }));
  const abort = (): void => end(endOf(scope, clock, true));
  const stop = clock.after(left, expire);
  scope.signal.addEventListener("abort", abort, { once: true });
  return () => {
    stop();
    scope.signal.removeEventListener("abort", abort);
  };
}
