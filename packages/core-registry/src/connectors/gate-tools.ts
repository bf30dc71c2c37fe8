import type { Origin } from "../contracts/finding.ts";
import type { Policy } from "../contracts/policy.ts";
import type { FunctionTools } from "./function.ts";

/** What a gate is compiled with. */
export interface PolicyGateTools extends FunctionTools {
  /** Whose fragment it is. */
  readonly origin: Pick<Origin, "service" | "hash">;
  /** Names of all context values that there are. */
  readonly contexts: readonly string[];
  /** Policies that were switched off by option: what they ask passes, with a warning (S1.2). Default none. */
  readonly off?: readonly Policy[];
}
