import type { CallRequest } from "../contracts/broker.ts";
import type { CallConfig, Connector, Sources } from "../contracts/connector.ts";
import type { Scope } from "../contracts/scope.ts";
import { TidegateError } from "../errors.ts";
import type { ExampleRecorder } from "../examples/examples.ts";
import type { BatchCaller } from "./batch.ts";
import { batchAnswers } from "./batch-answer.ts";
import { callInBatch } from "./batched-call.ts";
import { type CallPlaces, checkAction, checkBatching } from "./call-checks.ts";
import { callDecision } from "./call-decision.ts";
import { chain } from "./chain.ts";
import { failureFinding } from "./function.ts";
import { compileInline, type InlineFunction } from "./inline.ts";
import { compileParams } from "./params/params.ts";
import type { ConnectorPlan } from "./tools.ts";

/** Seconds after which a call of a missing action may be tried again: S9.3 removes it after 2 where it left for good. */
const retryAfter = 2;
/** The most entries of one batch (S5.4). */
const entriesLimit = 100;

/** Compiles `call` (S2): `if`, params, policies, batch, call, map. What is wrong is told; with an error it is not to be used. */
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
    found: tools.addFinding,
  });
  const batched = checkBatching(config, places, plan, params);

  const { action } = config;
  const decide = callDecision({ action, condition, params, paramsPath: `${places.members}.params` }, tools);
  const mapped = (scope: Scope, given: Sources, made: unknown, response: unknown): unknown =>
    map === undefined ? response : map.call(scope, given, { params: made, response });
  const alone = (scope: Scope, given: Sources): unknown =>
    chain(decide(scope, given), (made) => {
      if (made === undefined) return null;
      const answer = callAction(scope, { action, params: made }, tools.examples);
      return map === undefined ? answer : answer.then((response) => mapped(scope, given, made, response));
    });
  const caller = batchCaller(action, places, plan);
  const together = async (scope: Scope, given: Sources): Promise<unknown> => {
    const answer = await callInBatch(scope, caller, batched, () => decide(scope, given));
    return answer === undefined ? null : mapped(scope, given, answer.params, answer.response);
  };

  return {
    kind: "call",
    reads: [...new Set([...params.reads, ...readsOf(condition), ...readsOf(map)])],
    description: {
      kind: "call",
      origin: { ...tools.origin, jsonPath: places.self },
      action,
      namePath: places.action,
      ...(config.params === undefined ? {} : { params: config.params }),
      ...(batched.length === 0 ? {} : { batchedParams: batched }),
      implicitParams: params.implicit,
      implicitSources: params.implicit ? options.implicit : [],
      rules: tools.gate.rulesFor("call", action)?.rules ?? [],
    },
    run: batched.length === 0 ? alone : together,
  };
}

function batchCaller(action: string, places: CallPlaces, { tools }: ConnectorPlan): BatchCaller {
  return {
    action,
    limit: tools.batching?.entriesLimit ?? entriesLimit,
    call: async (scope, params, entries) => {
      const answer = await callAction(scope, { action, params, batch: entries }, tools.examples);
      try {
        return batchAnswers(answer, entries, action);
      } catch (error) {
        tools.reportRuntime(failureFinding(error, places.action));
        throw error;
      }
    },
  };
}

function callAction(
  scope: Scope,
  request: CallRequest,
  examples: ExampleRecorder | undefined,
): Promise<unknown> {
  const { action } = request;
  const entry = scope.directory.action(action);
  if (entry === undefined || entry.state === "gone" || !entry.published) {
    const why = entry !== undefined && !entry.published ? "is not published" : "is not there now";
    throw new TidegateError("ACTION_UNAVAILABLE", `The action ${action} ${why}.`, {
      retryAfter,
      dispatched: false,
    });
  }
  const { nodes, broker } = entry;
  const answer = broker.call(scope, nodes === undefined ? request : { ...request, nodes });
  examples?.recordCall(action, request.params, answer);
  return answer;
}

/** The sources that a function reads; none where there is no function. */
export function readsOf(inline: InlineFunction | undefined): readonly string[] {
  return inline?.reads ?? [];
}
