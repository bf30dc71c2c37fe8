import type { CallRequest } from "../../contracts/broker.ts";
import type { CallConfig, Connector, Sources } from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import type { ExampleRecorder } from "../examples.ts";
import { actionNameProblem } from "../names.ts";
import { type CompiledParams, compileParams } from "../params/params.ts";
import { chain, isObject } from "../values.ts";
import { type BatchCaller, batchAnswers, callInBatch } from "./batch.ts";
import { compileInline, failureFinding, type InlineFunction } from "./function.ts";
import type { ConnectorPlan, ConnectorTools } from "./plan.ts";

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

/** Where the members of a `call` stand: they differ in the short forms (S2.2). */
export interface CallPlaces {
  /** The connector. */
  readonly self: string;
  /** Its action's name. */
  readonly action: string;
  /** What its other members begin with. */
  readonly members: string;
}

/** Checks the action's name (S2.4). Whether there is such an action is for the registry to say, again and again. */
export function checkAction(config: CallConfig, places: CallPlaces, { tools }: ConnectorPlan): void {
  const place = { jsonPath: places.action, found: config.action };
  const problem = actionNameProblem(config.action);
  if (problem !== undefined) {
    tools.addFinding({ severity: "error", code: "ACTION_NAME_INVALID", message: problem, ...place });
  }
}

/**
 * The names of the params that travel in batches, sorted: those with `[]` and those of `batchedParams` (S5.4). Tells what
 * is wrong with them.
 */
export function checkBatching(
  config: CallConfig,
  places: CallPlaces,
  { tools, options }: ConnectorPlan,
  params: Pick<CompiledParams, "batched" | "implicit">,
): readonly string[] {
  const named = config.batchedParams ?? [];
  const found = (member: string, message: string): void =>
    tools.addFinding({
      severity: "error",
      code: "BATCHING_INVALID",
      jsonPath: `${places.members}.${member}`,
      message,
    });
  if (named.length > 0 && !options.batching)
    found("batchedParams", "Calls are batched in GraphQL, and nowhere else.");
  const mapped = config.params ?? {};
  for (const [index, name] of named.entries()) {
    if (params.implicit || (isObject(mapped) && Object.hasOwn(mapped, name))) continue;
    found(`batchedParams[${index}]`, `\`params\` maps no \`${name}\`.`);
  }
  return [...new Set([...params.batched, ...named])].sort();
}

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
