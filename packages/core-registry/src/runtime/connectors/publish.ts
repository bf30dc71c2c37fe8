import type { PublishRequest } from "../../contracts/broker.ts";
import type {
  Connector,
  ConnectorDescription,
  KnownValue,
  PublishConfig,
  Sources,
} from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import { eventNameProblem, isFunctionText } from "../names.ts";
import { knownOfMapping } from "../params/known-values.ts";
import { type CompiledParams, compileParams } from "../params/params.ts";
import { chain } from "../values.ts";
import { type ConnectorFunction, compileConnectorFunction, sourcesRead } from "./function.ts";
import { type ConnectorPlan, type ConnectorTools, pickSources } from "./plan.ts";
import type { NameRules } from "./policy-gate.ts";

const noValues = {};

/**
 * Compiles `publish` (S2). The result of a run is the payload or the result of `map`; null where the filter
 * is falsy. Adds findings for problems; after an error the result must not be used.
 */
export function compilePublish(config: PublishConfig, jsonPath: string, plan: ConnectorPlan): Connector {
  const { tools, options, sources } = plan;
  const name = isFunctionText(config.event) ? undefined : config.event;
  if (name === undefined) tools.reached?.addFunction("publish");
  else tools.reached?.add("publish", name);
  const nameFunction = compileConnectorFunction(
    name === undefined ? config.event : undefined,
    `${jsonPath}.event`,
    { sources, contexts: tools.contexts, values: [], known: options.known },
    tools,
  );
  const steps = compileSteps(config, jsonPath, plan, name);
  if (name !== undefined) checkEventName(name, `${jsonPath}.event`, tools);

  const { params, filter, map } = steps;
  return {
    kind: "publish",
    reads: [...new Set([...params.reads, ...sourcesRead(nameFunction, filter, map)])],
    description: describePublish(steps, jsonPath),
    run: (scope, values) =>
      nameFunction === undefined
        ? publishNamed(steps, scope, values, name)
        : chain(nameFunction.call(scope, values, noValues), (computed) =>
            publishNamed(steps, scope, values, computed),
          ),
    check: (scope, values) =>
      whenPrepared(params, scope, (): undefined => void params.make(values, scope, undefined)),
  };
}

/** The compiled parts of a `publish`. */
interface PublishSteps {
  readonly config: PublishConfig;
  /** The event's name; undefined where a function computes it. */
  readonly name: string | undefined;
  readonly params: CompiledParams;
  readonly paramsPath: string;
  readonly filter: ConnectorFunction | undefined;
  readonly map: ConnectorFunction | undefined;
  /** The fragment's rules for the event, where the fragment has its name. */
  readonly rules: NameRules | undefined;
  readonly tools: ConnectorTools;
}

function compileSteps(
  config: PublishConfig,
  jsonPath: string,
  { tools, options, sources }: ConnectorPlan,
  name: string | undefined,
): PublishSteps {
  const { contexts } = tools;
  const known: Record<string, KnownValue> = {
    ...options.known,
    event: "scalar",
    broadcast: "scalar",
    params: knownOfMapping(config.params ?? {}),
  };
  const argument = { sources, contexts, values: ["event", "params", "groups", "broadcast"], known };
  const filter = compileConnectorFunction(config.filter, `${jsonPath}.filter`, argument, tools);
  const map = compileConnectorFunction(config.map, `${jsonPath}.map`, argument, tools);
  const paramsPath = `${jsonPath}.params`;
  const params = compileParams(config.params, {
    jsonPath: paramsPath,
    sources: pickSources(tools.sources, sources),
    known: options.known,
    ...(tools.foreignSources && { foreignSources: tools.foreignSources }),
    implicit: [],
    batching: false,
    contexts,
    implicitParams: false,
    addFinding: tools.addFinding,
  });
  const rules = name === undefined ? undefined : tools.gate.rulesFor("publish", name);
  return { config, name, params, paramsPath, filter, map, rules, tools };
}

function describePublish(
  { config, name, rules, tools }: PublishSteps,
  jsonPath: string,
): ConnectorDescription {
  return {
    kind: "publish",
    origin: { ...tools.origin, jsonPath },
    ...(name === undefined
      ? { possibleRules: tools.gate.rulesFor("publish", "**")?.rules ?? [] }
      : { events: [name], rules: rules?.rules ?? [] }),
    ...(config.params === undefined ? {} : { params: config.params }),
  };
}

/** The values that the filter and `map` receive beside the sources. */
interface PublishValues extends Readonly<Record<string, unknown>> {
  readonly event: string;
  readonly params: unknown;
}

/**
 * Runs the steps after the event's name is known (S2.3): params, filter, rules, publish, `map`.
 * @throws {TidegateError} `EVENT_NAME_INVALID` where a function computed an invalid name
 */
function publishNamed(steps: PublishSteps, scope: Scope, sources: Sources, event: unknown): unknown {
  const problem = eventNameProblem(event);
  if (problem !== undefined || typeof event !== "string")
    throw new TidegateError("EVENT_NAME_INVALID", problem);
  const { config, filter, params, paramsPath } = steps;
  return whenPrepared(params, scope, () => {
    const values: PublishValues = {
      event,
      params: params.make(sources, scope, undefined),
      groups: config.groups,
      broadcast: config.broadcast === true,
    };
    scope.trace?.({ at: "params", jsonPath: paramsPath, params: values.params });
    if (filter === undefined) return publishAllowed(steps, scope, sources, values);
    return chain(filter.call(scope, sources, values), (passes) =>
      passes ? publishAllowed(steps, scope, sources, values) : null,
    );
  });
}

function whenPrepared<Result>(
  params: CompiledParams,
  scope: Scope,
  next: () => Result,
): Result | Promise<Awaited<Result>> {
  return chain(params.contexts.length === 0 ? undefined : scope.context.prepare(params.contexts), next);
}

function publishAllowed(steps: PublishSteps, scope: Scope, sources: Sources, values: PublishValues): unknown {
  const { name, tools } = steps;
  const rules = name === undefined ? tools.gate.rulesFor("publish", values.event) : steps.rules;
  const pending = rules?.check(values.params, scope);
  return pending === undefined
    ? publishAndMap(steps, scope, sources, values)
    : pending.then(() => publishAndMap(steps, scope, sources, values));
}

function publishAndMap(
  { config, map, tools }: PublishSteps,
  scope: Scope,
  sources: Sources,
  values: PublishValues,
): Promise<unknown> {
  const { event, params } = values;
  const { groups, broadcast = false } = config;
  const request = { event, params, broadcast, ...(groups === undefined ? {} : { groups }) };
  return publishEvent(tools.origin.service, scope, request).then(() => {
    tools.examples?.recordEvent(event, params);
    return map === undefined ? params : map.call(scope, sources, values);
  });
}

function publishEvent(service: string, scope: Scope, request: PublishRequest): Promise<void> {
  const broker = scope.directory.service(service)?.broker;
  if (broker === undefined)
    throw new TidegateError("ACTION_UNAVAILABLE", `The service ${service} is not available.`, {
      dispatched: false,
    });
  if (broker.publish === undefined)
    throw new TidegateError("CAPABILITY_MISSING", `The broker ${broker.name} cannot send events.`);
  return broker.publish(scope, request);
}

function checkEventName(name: string, jsonPath: string, tools: ConnectorTools): void {
  const message = eventNameProblem(name);
  if (message === undefined) return;
  tools.addFinding({
    severity: "error",
    code: "EVENT_NAME_INVALID",
    jsonPath,
    message,
    expected: "a name, or a function that returns one (with `=>` or `function`)",
    found: name,
  });
}
