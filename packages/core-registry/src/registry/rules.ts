import type { ServiceRules } from "../contracts/scope.ts";
import type { CompiledFragment } from "./compile-fragment.ts";

/**
 * The rules of a version's services (S7.2). The owner's apply to another fragment's call where either of the two says
 * `policy.owner`: the one that calls, to be as careful as the owner, or the owner, so that nobody goes around its rules.
 */
export function serviceRules(chosen: ReadonlyMap<string, CompiledFragment>): ServiceRules {
  return {
    ownerRules: (service, action, asked) => {
      const gate = chosen.get(service)?.gate;
      return gate !== undefined && (asked || gate.owner) ? gate.rulesFor("call", action) : undefined;
    },
  };
}
