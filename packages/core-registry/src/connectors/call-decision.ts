import type { Sources } from "../contracts/connector.ts";
import type { Scope } from "../contracts/scope.ts";
import { chain } from "./chain.ts";
import type { InlineFunction } from "./inline.ts";
import type { CompiledParams } from "./params/params.ts";
import type { ConnectorTools } from "./tools.ts";

/** What has to be known before an action is called. */
export interface CallDecision {
  /** The action's full name. */
  readonly action: string;
  /** `if`, where there is one. */
  readonly condition: InlineFunction | undefined;
  /** The mapping. */
  readonly params: CompiledParams;
  /** Where the mapping stands. */
  readonly paramsPath: string;
}

/**
 * Decides about one call (S2.3): `if`, params, the fragment's policies, the owner's. Gives the params, or undefined where
 * nothing is to be called: at once where it can be, else as a promise. Throws or rejects where it is denied.
 */
export type Decide = (scope: Scope, sources: Sources) => unknown;

const nothing = {};

/** Makes what decides about the calls of one connector. */
export function callDecision(
  { action, condition, params, paramsPath }: CallDecision,
  { gate, origin }: ConnectorTools,
): Decide {
  const guard = gate.rulesFor("call", action);

  const owned = (scope: Scope, made: unknown): unknown => {
    const owner = scope.directory.action(action)?.service;
    if (owner === undefined || owner === origin.service) return made;
    const admitted = scope.rules.ownerRules(owner, action, gate.owner)?.check(made, scope);
    return admitted === undefined ? made : admitted.then(() => made);
  };
  const guarded: Decide = (scope, given) => {
    const made = params.make(given, scope, scope.directory.action(action)?.params);
    scope.trace?.({ at: "params", jsonPath: paramsPath, params: made });
    const admitted = guard?.check(made, scope);
    return admitted === undefined ? owned(scope, made) : admitted.then(() => owned(scope, made));
  };
  const prepared: Decide = (scope, given) => {
    const ready = params.contexts.length === 0 ? undefined : scope.context.prepare(params.contexts);
    return ready === undefined ? guarded(scope, given) : ready.then(() => guarded(scope, given));
  };
  if (condition === undefined) return prepared;
  return (scope, given) =>
    chain(condition.call(scope, given, nothing), (met) => (met ? prepared(scope, given) : undefined));
}
