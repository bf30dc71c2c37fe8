import type { CallRequest } from "../../contracts/broker.ts";
import type { CallConfig, Connector, Sources } from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import type { ExampleRecorder } from "../examples.ts";
import { actionNameProblem } from "../names.ts";
import { knownOfMapping } from "../params/known-values.ts";
import { type CompiledParams, compileParams } from "../params/params.ts";
import { chain, isObject } from "../values.ts";
import { type BatchCaller, batchAnswers, callInBatch } from "./batch.ts";
import {
  type ConnectorFunction,
  compileConnectorFunction,
  runtimeErrorFinding,
  sourcesRead,
} from "./function.ts";
import { type ConnectorPlan, type ConnectorTools, pickSources } from "./plan.ts";
import type { NameRules } from "./policy-gate.ts";

/** Seconds after which a client can retry where no service provides the action. */
const retryAfter = 2;
/** Entries of one batch (S5.4), unless the configuration says otherwise. */
const defaultEntriesLimit = 100;
const noValues = {};

/** JSON paths of the parts of a `call`. They differ in the short forms (S2.2). */
export interface CallPaths {
  readonly connector: string;
  /** The path of the action's name. */
  readonly action: string;
  /** The path of the object that has the other members. */
  readonly members: string;
}

/** Compiles `call` (S2). Adds findings for problems; after an error the result must not be used. */
export function compileCall(config: CallConfig, paths: CallPaths, plan: ConnectorPlan): Connector {
  const { tools, options, sources } = plan;
  const { contexts } = tools;
  const { action } = config;
  checkActionName(action, paths, tools);
  tools.reached?.add("call", action);
  const condition = compileConnectorFunction(
    config.if,
    `${paths.members}.if`,
    { sources, contexts, values: [], known: options.known },
    tools,
  );
  const paramsPath = `${paths.members}.params`;
  const params = compileParams(config.params, {
    jsonPath: paramsPath,
    sources: pickSources(tools.sources, sources),
    ...(tools.foreignSources && { foreignSources: tools.foreignSources }),
    known: options.known,
    implicit: options.implicit,
    batching: options.batching,
    contexts,
    implicitParams: config.implicitParams !== false,
    addFinding: tools.addFinding,
  });
  const map = compileMap(config, `${paths.members}.map`, plan, params);
  const batched = batchedParams(config, paths, plan, params);
  const rules = tools.gate.rulesFor("call", action);
  const steps: CallSteps = { action, condition, params, paramsPath, rules, map, tools };
  return {
    kind: "call",
    reads: [...new Set([...params.reads, ...sourcesRead(condition, map)])],
    description: {
      kind: "call",
      origin: { ...tools.origin, jsonPath: paths.connector },
      action,
      namePath: paths.action,
      ...(config.params === undefined ? {} : { params: config.params }),
      ...(batched.length === 0 ? {} : { batchedParams: batched }),
      implicitParams: params.implicit,
      implicitSources: params.implicit ? options.implicit : [],
      rules: rules?.rules ?? [],
    },
    run:
      batched.length === 0
        ? runSingle(steps)
        : runInBatch(steps, batched, tools.batching?.entriesLimit ?? defaultEntriesLimit, paths.action),
  };
}

// Without implicit params, the mapping says what `request.params` has.
function compileMap(
  { map, params: mapping = {} }: CallConfig,
  jsonPath: string,
  { tools, options, sources }: ConnectorPlan,
  { implicit }: CompiledParams,
): ConnectorFunction | undefined {
  const known = { ...options.known, params: implicit ? "any" : knownOfMapping(mapping) };
  const argument = { sources, contexts: tools.contexts, values: ["response"], request: true, known };
  return compileConnectorFunction(map, jsonPath, argument, tools);
}

/** The compiled parts of a `call`. */
interface CallSteps {
  readonly action: string;
  readonly condition: ConnectorFunction | undefined;
  readonly params: CompiledParams;
  readonly paramsPath: string;
  /** The fragment's rules for the action. */
  readonly rules: NameRules | undefined;
  readonly map: ConnectorFunction | undefined;
  readonly tools: ConnectorTools;
}

/**
 * Runs one call (S2.3): `if`, params, the fragment's rules, the owner's rules, the action, `map`. Without an
 * asynchronous step before the action, everything up to the action runs synchronously.
 */
function runSingle(steps: CallSteps): Connector["run"] {
  const prepare = prepareOf(steps);
  return (scope, sources) => {
    const params = prepare(steps, scope, sources);
    return params instanceof Promise
      ? params.then((ready) => callAndMap(steps, scope, sources, ready))
      : callAndMap(steps, scope, sources, params);
  };
}

/**
 * Runs calls that join the batches of their request (S5.4). Each entry has its own `if`, params, rules and
 * `map`.
 */
function runInBatch(
  steps: CallSteps,
  names: readonly string[],
  limit: number,
  path: string,
): Connector["run"] {
  const { action, map, tools } = steps;
  const prepare = prepareOf(steps);
  const caller: BatchCaller = {
    action,
    limit,
    call: async (scope, params, entries) => {
      const response = await callAction(scope, { action, params, batch: entries }, tools.examples);
      try {
        return batchAnswers(response, entries, action);
      } catch (error) {
        tools.reportRuntime(runtimeErrorFinding(error, path, scope));
        throw error;
      }
    },
  };
  return async (scope, sources) => {
    const answer = await callInBatch(scope, caller, names, () => prepare(steps, scope, sources));
    if (answer === undefined) return null;
    return map === undefined ? answer.response : map.call(scope, sources, answer);
  };
}

// Most calls have no `if` and read no context values.
function prepareOf({ condition, params }: CallSteps): typeof allowedParams {
  return condition === undefined && params.contexts.length === 0 ? allowedParams : preparedParams;
}

/**
 * Evaluates `if`, and prepares the context values of the params.
 * @returns the result of `allowedParams`; undefined where `if` is falsy
 */
function preparedParams(steps: CallSteps, scope: Scope, sources: Sources): unknown {
  const { condition, params } = steps;
  const met = condition === undefined ? true : condition.call(scope, sources, noValues);
  return chain(met, (isMet) => {
    if (!isMet) return undefined;
    const pending = params.contexts.length === 0 ? undefined : scope.context.prepare(params.contexts);
    return chain(pending, () => allowedParams(steps, scope, sources));
  });
}

/**
 * Computes the params, and checks the fragment's rules and then the owner's (S7.2).
 * @returns the params; a promise of them where a rule is asynchronous
 * @throws {TidegateError} where a rule denies the call; also as a rejection
 */
function allowedParams(steps: CallSteps, scope: Scope, sources: Sources): unknown {
  const { action, rules, tools } = steps;
  const entry = scope.directory.action(action);
  const params = steps.params.make(sources, scope, entry?.params);
  scope.trace?.({ at: "params", jsonPath: steps.paramsPath, params });
  const ownerRules =
    entry === undefined || entry.service === tools.origin.service
      ? undefined
      : scope.rules.ownerRules(entry.service, action, tools.gate.owner);
  const pending = rules?.check(params, scope);
  const pendingOwner =
    pending === undefined
      ? ownerRules?.check(params, scope)
      : pending.then(() => ownerRules?.check(params, scope));
  return pendingOwner === undefined ? params : pendingOwner.then(() => params);
}

/** Calls the action and applies `map`. Without params the result is null, because `if` was falsy. */
function callAndMap(steps: CallSteps, scope: Scope, sources: Sources, params: unknown): unknown {
  if (params === undefined) return null;
  const { action, map, tools } = steps;
  const response = callAction(scope, { action, params }, tools.examples);
  return map === undefined
    ? response
    : response.then((value) => map.call(scope, sources, { params, response: value }));
}

/**
 * @throws {TidegateError} `ACTION_UNAVAILABLE` where no service provides the action, or its service does not
 * publish it
 */
function callAction(
  scope: Scope,
  request: CallRequest,
  examples: ExampleRecorder | undefined,
): Promise<unknown> {
  const { action } = request;
  const entry = scope.directory.action(action);
  if (entry === undefined || entry.state === "gone" || !entry.published) {
    const message =
      entry !== undefined && !entry.published
        ? `The action ${action} is not published by its service.`
        : `No service provides the action ${action}.`;
    throw new TidegateError("ACTION_UNAVAILABLE", message, { action, retryAfter, dispatched: false });
  }
  const { nodes, broker } = entry;
  const response = broker.call(scope, nodes === undefined ? request : { ...request, nodes });
  examples?.recordCall(action, request.params, response);
  return response;
}

/** Checks the action's name (S2.4). Whether the action exists is checked at each merge. */
function checkActionName(action: string, paths: CallPaths, tools: ConnectorTools): void {
  const message = actionNameProblem(action);
  if (message === undefined) return;
  tools.addFinding({
    severity: "error",
    code: "ACTION_NAME_INVALID",
    jsonPath: paths.action,
    message,
    found: action,
  });
}

/**
 * Collects and checks the names of the batched params (S5.4): those with `[]`, and those of `batchedParams`.
 * Sorted.
 */
function batchedParams(
  config: CallConfig,
  paths: CallPaths,
  { tools, options }: ConnectorPlan,
  params: CompiledParams,
): readonly string[] {
  const listed = config.batchedParams ?? [];
  const addFinding = (member: string, message: string): void =>
    tools.addFinding({
      severity: "error",
      code: "BATCHING_INVALID",
      jsonPath: `${paths.members}.${member}`,
      message,
    });
  if (listed.length > 0 && !options.batching) addFinding("batchedParams", "Only GraphQL can batch calls.");
  const mapping = config.params ?? {};
  for (const [index, name] of listed.entries()) {
    if (params.implicit || (isObject(mapping) && Object.hasOwn(mapping, name))) continue;
    addFinding(`batchedParams[${index}]`, `\`params\` has no member \`${name}\`.`);
  }
  return [...new Set([...params.batched, ...listed])].sort();
}
