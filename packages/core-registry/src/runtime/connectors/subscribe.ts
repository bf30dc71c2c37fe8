import type { EventPacket } from "../../contracts/broker.ts";
import type {
  Delivery,
  KnownValue,
  RuleDescription,
  Sources,
  SubscribeConfig,
  SubscribeConnector,
} from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import { eventNameProblem, isFunctionText, namePatternProblem } from "../names.ts";
import { type ConnectorFunction, compileConnectorFunction, sourcesRead } from "./function.ts";
import type { ConnectorPlan, ConnectorTools } from "./plan.ts";
import type { PolicyGate } from "./policy-gate.ts";

const noValues = {};

/**
 * Compiles `subscribe` (S2). `accept` computes the event names and checks the policies; then each event
 * passes the policies for its name, the filter and `map`. Adds findings for problems; after an error the
 * result must not be used.
 */
export function compileSubscribe(
  config: SubscribeConfig,
  jsonPath: string,
  plan: ConnectorPlan,
): SubscribeConnector {
  const { tools, options, sources } = plan;
  const { gate, contexts } = tools;
  const { known } = options;
  const eventsPath = `${jsonPath}.events`;
  const declared = declaredEvents(config.events, eventsPath, tools);
  for (const name of declared ?? []) tools.reached?.add("subscribe", name);
  if (declared === undefined) tools.reached?.addFunction("subscribe");
  const nameFunction =
    typeof config.events === "string" && isFunctionText(config.events)
      ? compileConnectorFunction(config.events, eventsPath, { sources, contexts, values: [], known }, tools)
      : undefined;
  const steps = compileSteps(config, jsonPath, plan);
  return {
    kind: "subscribe",
    reads: [...new Set(sourcesRead(nameFunction, steps.filter, steps.map))],
    description: {
      kind: "subscribe",
      origin: { ...tools.origin, jsonPath },
      ...(declared === undefined
        ? { possibleRules: rulesOf(["**"], gate) }
        : { events: declared, rules: rulesOf(declared, gate) }),
    },
    accept: async (scope, values) => {
      const events = declared ?? computedEvents(await nameFunction?.call(scope, values, noValues));
      await checkBeforeSubscribing(gate, events, scope);
      return {
        events,
        open: (fork = () => scope.fork({})) => openDeliveries(steps, events, scope, values, fork),
      };
    },
  };
}

/** The members of a delivered event, as brokers give them to the gateway. */
const knownPacket: Readonly<Record<keyof EventPacket, KnownValue>> = {
  event: "scalar",
  payload: "any",
  node: "scalar",
  groups: "any",
  broadcast: "scalar",
  branch: "scalar",
};

/** The compiled steps of each event. */
interface DeliverySteps {
  readonly filter: ConnectorFunction | undefined;
  readonly map: ConnectorFunction | undefined;
  readonly tools: ConnectorTools;
}

function compileSteps(
  config: SubscribeConfig,
  jsonPath: string,
  { tools, options, sources }: ConnectorPlan,
): DeliverySteps {
  const argument = {
    // `source` is the event here: it hides a source of the protocol with this name.
    sources: sources.filter((name) => name !== "source"),
    contexts: tools.contexts,
    values: ["source", "event", "params", "broadcast"],
    known: {
      ...options.known,
      source: knownPacket,
      event: "scalar",
      params: "any",
      broadcast: "scalar",
    } as const,
  };
  const filter = compileConnectorFunction(config.filter, `${jsonPath}.filter`, argument, tools);
  const map = compileConnectorFunction(config.map, `${jsonPath}.map`, argument, tools);
  return { filter, map, tools };
}

function rulesOf(events: readonly string[], gate: PolicyGate): readonly RuleDescription[] {
  return [...new Set(events.flatMap((event) => gate.rulesFor("subscribe", event)?.rules ?? []))];
}

/** Subscribes to allowed events. Each received event passes its rules, the filter and `map`. */
function openDeliveries(
  steps: DeliverySteps,
  events: readonly string[],
  scope: Scope,
  sources: Sources,
  fork: () => Scope,
): AsyncIterableIterator<Delivery> {
  const isAllowed = eventCheck(steps.tools.gate, events);
  return deliverInOrder({
    packets: scope.events.subscribe(events, scope.signal),
    signal: scope.signal,
    fork,
    deliver: async (packet, eventScope) =>
      (await isAllowed(packet, eventScope)) ? deliveryOf(packet, eventScope, sources, steps) : undefined,
  });
}

/**
 * Applies the filter and `map` to an event. Resolves with undefined where the filter is falsy; never rejects.
 */
async function deliveryOf(
  packet: EventPacket,
  scope: Scope,
  sources: Sources,
  { filter, map, tools }: DeliverySteps,
): Promise<Delivery | undefined> {
  const { event, payload, broadcast } = packet;
  tools.examples?.recordEvent(event, payload);
  const values = { source: packet, event, params: payload, broadcast };
  try {
    if (filter !== undefined && !(await filter.call(scope, sources, values))) return undefined;
    return { value: map === undefined ? payload : await map.call(scope, sources, values), scope };
  } catch (error) {
    return { value: undefined, error, scope };
  }
}

/** The maximum number of names that a function can compute for one subscription. */
const maxNames = 1_000;

/**
 * Checks the listed names and patterns of a subscription (S6.5, S7.1). Returns undefined where a function
 * computes them.
 */
function declaredEvents(
  events: SubscribeConfig["events"],
  jsonPath: string,
  { addFinding }: ConnectorTools,
): readonly string[] | undefined {
  const invalid = { severity: "error", code: "EVENT_NAME_INVALID" } as const;
  if (typeof events === "string") {
    if (!isFunctionText(events))
      addFinding({
        ...invalid,
        jsonPath,
        message: "`events` must be a list, or the text of a function.",
        expected: `["${events}"], or a function that returns names (with \`=>\` or \`function\`)`,
        found: events,
      });
    return undefined;
  }
  for (const [index, event] of events.entries()) {
    const message = event.startsWith("$")
      ? "Events whose names begin with `$` are internal events of the broker: they are never delivered."
      : namePatternProblem(event);
    if (message !== undefined)
      addFinding({ ...invalid, jsonPath: `${jsonPath}[${index}]`, message, found: event });
  }
  return [...new Set(events)];
}

/**
 * Checks the result of a function that computes event names: one name, or a list.
 * @throws {TidegateError} `EVENT_NAME_INVALID` where it is not a name, or a pattern (S6.5)
 */
function computedEvents(result: unknown): readonly string[] {
  const names = new Set<string>();
  for (const name of asList(result)) {
    const problem = eventNameProblem(name);
    if (problem !== undefined || typeof name !== "string")
      throw new TidegateError("EVENT_NAME_INVALID", problem);
    names.add(name);
  }
  if (names.size === 0) throw new TidegateError("EVENT_NAME_INVALID", "The subscription has no event name.");
  if (names.size > maxNames)
    throw new TidegateError("EVENT_NAME_INVALID", `A subscription can have at most ${maxNames} event names.`);
  return [...names];
}

function asList(result: unknown): readonly unknown[] {
  if (Array.isArray(result)) return result;
  return result === undefined || result === null ? [] : [result];
}

/**
 * Checks the rules before a subscription begins (S7.2): the rules of every name, and for a pattern all rules
 * whose patterns overlap it. Rules that read the params are left out, because there is no event yet.
 * @throws {TidegateError} as a rejection, where a rule denies the subscription
 */
async function checkBeforeSubscribing(
  gate: PolicyGate,
  events: readonly string[],
  scope: Scope,
): Promise<void> {
  for (const event of events) await gate.rulesFor("subscribe", event, "subscribe")?.check(undefined, scope);
}

/** The maximum number of allowed names that one subscription caches. */
const maxCachedNames = 1_000;

/**
 * Creates the check of received events, with the payload as params. Rules whose verdict holds for all events
 * of a name are checked once per allowed name. A denial is not cached, because it can be caused by a failure.
 *
 * @param events the names and patterns that `checkBeforeSubscribing` allowed
 */
function eventCheck(
  gate: PolicyGate,
  events: readonly string[],
): (packet: EventPacket, scope: Scope) => Promise<boolean> {
  const allowed = new Set(events);
  const checkName = async (name: string, scope: Scope): Promise<void> => {
    const rules = gate.rulesFor("subscribe", name, "firstEvent");
    if (rules === undefined || allowed.has(name)) return;
    await rules.check(undefined, scope);
    if (allowed.size >= maxCachedNames + events.length) allowed.clear();
    allowed.add(name);
  };
  return async ({ event, payload }, scope) => {
    try {
      await checkName(event, scope);
      await gate.rulesFor("subscribe", event, "everyEvent")?.check(payload, scope);
      return true;
    } catch {
      // The gate has traced the verdict and reported a failure. The subscriber must not learn that the event
      // exists.
      return false;
    }
  };
}

/** The source of a subscription's deliveries. */
interface DeliverySource {
  /** The received events. Their source limits the queue. */
  readonly packets: AsyncIterableIterator<EventPacket>;
  readonly signal: AbortSignal;
  /** Creates the scope of one event. */
  fork(): Scope;
  /** Resolves with undefined where the event is left out. Never rejects. */
  deliver(packet: EventPacket, scope: Scope): Promise<Delivery | undefined>;
}

/**
 * Delivers one event after another. Ends the scopes of events that are left out; the consumer ends those of
 * the delivered ones. `return` ends the iterator also while it waits for an event.
 */
function deliverInOrder(source: DeliverySource): AsyncIterableIterator<Delivery> {
  const { packets, signal } = source;
  let isOver = false;

  async function* generate(): AsyncGenerator<Delivery, undefined, undefined> {
    for await (const packet of packets) {
      const scope = source.fork();
      let isDelivered = false;
      try {
        const delivery = await source.deliver(packet, scope);
        if (isOver || signal.aborted) return;
        if (delivery === undefined) continue;
        isDelivered = true;
        yield delivery;
      } finally {
        if (!isDelivered) scope.end();
      }
    }
  }

  const generator = generate();
  const deliveries: AsyncIterableIterator<Delivery> = {
    [Symbol.asyncIterator]: () => deliveries,
    next: () => generator.next(),
    // Calling only the generator's `return` would wait for the next event, which perhaps never comes.
    return: async () => {
      isOver = true;
      await packets.return?.();
      return generator.return(undefined);
    },
  };
  return deliveries;
}
