import type { Scope } from "../contracts/scope.ts";
import { TidegateError } from "../errors.ts";

/**
 * Calls an action as a scope's directory has it, without policies: for the gateway's own code.
 * @throws `ACTION_UNAVAILABLE` where nobody offers it now
 */
export async function callAction(scope: Scope, action: string, params: unknown): Promise<unknown> {
  const entry = scope.directory.action(action);
  if (entry?.state !== "up")
    throw new TidegateError("ACTION_UNAVAILABLE", `The action '${action}' is not there.`, {
      dispatched: false,
    });
  return entry.broker.call(scope, {
    action,
    params,
    ...(entry.nodes === undefined ? {} : { nodes: entry.nodes }),
  });
}
