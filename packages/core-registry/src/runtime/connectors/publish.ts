import type { Broker } from "../../contracts/broker.ts";
import type { Connector, PublishConfig, Sources } from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import { eventNameProblem, isFunctionText } from "../names.ts";
import { compileParams } from "../params/params.ts";
import { chain } from "../values.ts";
import { readsOf } from "./call.ts";
import { compileInline } from "./function.ts";
import type { ConnectorPlan } from "./plan.ts";
import type { NameRules } from "./policy-gate.ts";

const nothing = {};

/**
 * Compiles `publish` (S2): event, params, filter, policies, publish, map. The result is the payload, or what `map` makes;
 * null where the filter says no. What is wrong is told; with an error it is not to be used.
 *
 * @param self where it stands
 */
export function compilePublish(config: PublishConfig, self: string, plan: ConnectorPlan): Connector {
  const { tools, options, sources } = plan;
  const dynamic = isFunctionText(config.event);
  const seen = ["event", "params", "groups", "broadcast"];
  const inline = (text: string | undefined, member: string, own: readonly string[]) =>
    text === undefined
      ? undefined
      : compileInline(text, `${self}.${member}`, { sources, contexts: tools.contexts, own }, tools);
  const named = dynamic ? undefined : config.event;
  const naming = dynamic ? inline(config.event, "event", []) : undefined;
  const filter = inline(config.filter, "filter", seen);
  const map = inline(config.map, "map", seen);
  const params = compileParams(config.params, {
    jsonPath: `${self}.params`,
    sources: options.sources,
    implicit: [],
    batching: false,
    contexts: tools.contexts,
    implicitParams: false,
    found: tools.addFinding,
  });
  checkName(named, self, plan);

  const { groups } = config;
  const broadcast = config.broadcast === true;
  const known = named === undefined ? undefined : tools.gate.rulesFor("publish", named);
  const guardOf = (event: string): NameRules | undefined =>
    named === undefined ? tools.gate.rulesFor("publish", event) : known;

  const send = (scope: Scope, given: Sources, event: string, own: Own): unknown => {
    const request = { event, params: own.params, broadcast, ...(groups === undefined ? {} : { groups }) };
    const sent = publishEvent(tools.origin.service, scope, request);
    return sent.then(() => {
      tools.examples?.recordEvent(event, own.params);
      return map === undefined ? own.params : map.call(scope, given, own);
    });
  };
  const gated = (scope: Scope, given: Sources, event: string, own: Own): unknown => {
    const admitted = guardOf(event)?.check(own.params, scope);
    return admitted === undefined
      ? send(scope, given, event, own)
      : admitted.then(() => send(scope, given, event, own));
  };
  const withEvent = (scope: Scope, given: Sources, event: unknown): unknown => {
    const problem = eventNameProblem(event);
    if (problem !== undefined || typeof event !== "string")
      throw new TidegateError("EVENT_NAME_INVALID", problem);
    const made = (): unknown => {
      const own: Own = { event, params: params.make(given, scope, undefined), groups, broadcast };
      scope.trace?.({ at: "params", jsonPath: `${self}.params`, params: own.params });
      if (filter === undefined) return gated(scope, given, event, own);
      return chain(filter.call(scope, given, own), (passes) =>
        passes ? gated(scope, given, event, own) : null,
      );
    };
    const ready = params.contexts.length === 0 ? undefined : scope.context.prepare(params.contexts);
    return ready === undefined ? made() : ready.then(made);
  };

  return {
    kind: "publish",
    reads: [...new Set([...params.reads, ...readsOf(naming), ...readsOf(filter), ...readsOf(map)])],
    description: {
      kind: "publish",
      origin: { ...tools.origin, jsonPath: self },
      ...(named === undefined
        ? { possibleRules: tools.gate.rulesFor("publish", "**")?.rules ?? [] }
        : { events: [named], rules: known?.rules ?? [] }),
      ...(config.params === undefined ? {} : { params: config.params }),
    },
    run: (scope, given) =>
      naming === undefined
        ? withEvent(scope, given, named)
        : chain(naming.call(scope, given, nothing), (event) => withEvent(scope, given, event)),
    check: (scope, given) => {
      const ready = params.contexts.length === 0 ? undefined : scope.context.prepare(params.contexts);
      const make = (): undefined => void params.make(given, scope, undefined);
      return ready === undefined ? make() : ready.then(make);
    },
  };
}

// What the filter and the map see beside the sources.
interface Own extends Readonly<Record<string, unknown>> {
  readonly params: unknown;
}

function publishEvent(
  service: string,
  scope: Scope,
  request: Parameters<NonNullable<Broker["publish"]>>[1],
): Promise<void> {
  const broker = scope.directory.service(service)?.broker;
  if (broker === undefined)
    throw new TidegateError("ACTION_UNAVAILABLE", `The service ${service} is not there now.`, {
      dispatched: false,
    });
  if (broker.publish === undefined)
    throw new TidegateError("CAPABILITY_MISSING", `The broker ${broker.name} cannot send events.`);
  return broker.publish(scope, request);
}

function checkName(named: string | undefined, self: string, { tools }: ConnectorPlan): void {
  const problem = named === undefined ? undefined : eventNameProblem(named);
  if (problem === undefined) return;
  tools.addFinding({
    severity: "error",
    code: "EVENT_NAME_INVALID",
    jsonPath: `${self}.event`,
    message: problem,
    expected: "a name, or a function that makes one: it holds `=>` or begins with `function`",
    ...(named === undefined ? {} : { found: named }),
  });
}
