import type { CallConfig, Connector, Sources } from "../contracts/connector.ts";
import type { ActionEntry } from "../contracts/directory.ts";
import type { Scope } from "../contracts/scope.ts";
import { TidegateError } from "../errors.ts";
import { type CallPlaces, checkAction, checkBatching } from "./call-checks.ts";
import { chain } from "./chain.ts";
import { compileInline, type InlineFunction } from "./inline.ts";
import { compileParams } from "./params/params.ts";
import type { ConnectorPlan } from "./tools.ts";

/** Seconds after which a call of a missing action may be tried again: S9.3 removes it after 2 where it left for good. */
const retryAfter = 2;
const nothing = {};

/** Compiles `call` (S2): `if`, params, policies, call, map. What is wrong is told; with an error it is not to be used. */
export function compileCall(config: CallConfig, places: CallPlaces, plan: ConnectorPlan): Connector {
  const { tools, options, sources } = plan;
  checkAction(config, places, plan);
  const inline = (text: string | undefined, member: string, own: readonly string[], request: boolean) =>
    text === undefined
      ? undefined
      : compileInline(
          text,
          `${places.members}.${member}`,
          { sources, contexts: tools.contexts, own, request },
          tools,
        );
  const condition = inline(config.if, "if", [], false);
  const map = inline(config.map, "map", ["response"], true);
  const params = compileParams(config.params, {
    jsonPath: `${places.members}.params`,
    sources: options.sources,
    implicit: options.implicit,
    batching: options.batching,
    contexts: tools.contexts,
    implicitParams: config.implicitParams !== false,
    found: tools.found,
  });
  checkBatching(config, places, plan, params.batched);

  const { action } = config;
  const guard = tools.gate.guard("call", action);

  const guarded = (scope: Scope, given: Sources, entry: ActionEntry | undefined): unknown => {
    const made = params.make(given, scope, entry?.params);
    scope.trace?.({ at: "params", jsonPath: `${places.members}.params`, params: made });
    const admitted = guard?.admit(made, scope);
    return admitted === undefined
      ? owned(scope, given, entry, made)
      : admitted.then(() => owned(scope, given, entry, made));
  };
  const owned = (scope: Scope, given: Sources, entry: ActionEntry | undefined, made: unknown): unknown => {
    const owner = entry === undefined || entry.service === tools.origin.service ? undefined : entry.service;
    const rules = owner === undefined ? undefined : scope.rules.owner(owner, action, tools.gate.owner);
    const admitted = rules?.admit(made, scope);
    return admitted === undefined
      ? send(scope, given, entry, made)
      : admitted.then(() => send(scope, given, entry, made));
  };
  const send = (scope: Scope, given: Sources, entry: ActionEntry | undefined, made: unknown): unknown => {
    const answer = callAction(action, entry, made, scope);
    return map === undefined
      ? answer
      : answer.then((response) => map.call(scope, given, { params: made, response }));
  };
  const proceed = (scope: Scope, given: Sources): unknown => {
    const entry = scope.directory.action(action);
    const ready = params.contexts.length === 0 ? undefined : scope.context.prepare(params.contexts);
    return ready === undefined
      ? guarded(scope, given, entry)
      : ready.then(() => guarded(scope, given, entry));
  };

  return {
    kind: "call",
    reads: new Set([...params.reads, ...readsOf(condition), ...readsOf(map)]),
    description: {
      kind: "call",
      origin: { ...tools.origin, jsonPath: places.self },
      action,
      namePath: places.action,
      ...(config.params === undefined ? {} : { params: config.params }),
      implicitParams: params.implicit,
      implicitSources: params.implicit ? options.implicit : [],
      rules: guard?.rules ?? [],
    },
    run: (scope, given) =>
      condition === undefined
        ? proceed(scope, given)
        : chain(condition.call(scope, given, nothing), (met) => (met ? proceed(scope, given) : null)),
  };
}

function callAction(
  action: string,
  entry: ActionEntry | undefined,
  params: unknown,
  scope: Scope,
): Promise<unknown> {
  if (entry === undefined || entry.state === "gone" || !entry.published) {
    const why = entry !== undefined && !entry.published ? "is not published" : "is not there now";
    throw new TidegateError("ACTION_UNAVAILABLE", `The action ${action} ${why}.`, {
      retryAfter,
      begun: false,
    });
  }
  const { nodes } = entry;
  return entry.broker.call(scope, nodes === undefined ? { action, params } : { action, params, nodes });
}

/** The sources that a function reads; none where there is no function. */
export function readsOf(inline: InlineFunction | undefined): readonly string[] {
  return inline?.reads ?? [];
}
