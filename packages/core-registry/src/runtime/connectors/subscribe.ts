import type { EventPacket } from "../../contracts/broker.ts";
import type {
  Delivery,
  RuleDescription,
  Sources,
  SubscribeConfig,
  SubscribeConnector,
} from "../../contracts/connector.ts";
import { TidegateError } from "../../contracts/errors.ts";
import type { Scope } from "../../contracts/scope.ts";
import { eventNameProblem, isFunctionText, namePatternProblem } from "../names.ts";
import { readsOf } from "./call.ts";
import { compileInline } from "./function.ts";
import type { ConnectorPlan, ConnectorTools } from "./plan.ts";
import type { PolicyGate } from "./policy-gate.ts";

const nothing = {};
const seen = ["source", "event", "params", "broadcast"];

/**
 * Compiles `subscribe` (S2): events, policies; then for each event its name's policies, filter, map. What is wrong is told;
 * with an error it is not to be used.
 *
 * @param self where it stands
 */
export function compileSubscribe(
  config: SubscribeConfig,
  self: string,
  plan: ConnectorPlan,
): SubscribeConnector {
  const { tools } = plan;
  const { gate, contexts } = tools;
  // The event takes the name `source`: a protocol's own is not seen beside it.
  const besideEvent = plan.sources.filter((name) => name !== "source");
  const ofEvent = (text: string | undefined, member: string) =>
    text === undefined
      ? undefined
      : compileInline(text, `${self}.${member}`, { sources: besideEvent, contexts, own: seen }, tools);
  const written = writtenEvents(config.events, `${self}.events`, tools);
  const naming =
    typeof config.events === "string" && isFunctionText(config.events)
      ? compileInline(config.events, `${self}.events`, { sources: plan.sources, contexts, own: [] }, tools)
      : undefined;
  const filter = ofEvent(config.filter, "filter");
  const map = ofEvent(config.map, "map");

  const deliveryOf = async (
    packet: EventPacket,
    scope: Scope,
    given: Sources,
  ): Promise<Delivery | undefined> => {
    const { event, payload, broadcast } = packet;
    tools.examples?.recordEvent(event, payload);
    const own = { source: packet, event, params: payload, broadcast };
    try {
      if (filter !== undefined && !(await filter.call(scope, given, own))) return undefined;
      return { value: map === undefined ? payload : await map.call(scope, given, own), scope };
    } catch (error) {
      return { value: undefined, error, scope };
    }
  };

  return {
    kind: "subscribe",
    reads: [...new Set([...readsOf(naming), ...readsOf(filter), ...readsOf(map)])],
    description: {
      kind: "subscribe",
      origin: { ...tools.origin, jsonPath: self },
      ...(written === undefined
        ? { possibleRules: rulesOf(["**"], plan) }
        : { events: written, rules: rulesOf(written, plan) }),
    },
    accept: async (scope, given) => {
      const events = written ?? madeEvents(await naming?.call(scope, given, nothing));
      await admitEvents(gate, events, scope);
      return {
        events,
        open: (fork = () => scope.fork({})) => {
          const admits = eventGate(gate, events);
          const { signal } = scope;
          return deliver({
            packets: scope.events.subscribe(events, signal),
            signal,
            fork,
            make: async (packet, own) =>
              (await admits(packet, own)) ? deliveryOf(packet, own, given) : undefined,
          });
        },
      };
    },
  };
}

function rulesOf(events: readonly string[], { tools }: ConnectorPlan): readonly RuleDescription[] {
  return [...new Set(events.flatMap((event) => tools.gate.rulesFor("subscribe", event)?.rules ?? []))];
}

/** How many names a function may make for one subscription. */
const mostNames = 1_000;

/**
 * The names and patterns that a subscription has in writing, checked (S6.5, S7.1); undefined where a function makes them.
 *
 * @param jsonPath where they stand
 */
export function writtenEvents(
  events: SubscribeConfig["events"],
  jsonPath: string,
  { addFinding }: Pick<ConnectorTools, "addFinding">,
): readonly string[] | undefined {
  const fault = { severity: "error", code: "EVENT_NAME_INVALID" } as const;
  if (typeof events === "string") {
    if (!isFunctionText(events))
      addFinding({
        ...fault,
        jsonPath,
        message: "`events` is a list, or the text of a function.",
        expected: `["${events}"], or a function that makes names: it holds \`=>\` or begins with \`function\``,
        found: events,
      });
    return undefined;
  }
  for (const [index, event] of events.entries()) {
    const problem = patternProblem(event);
    if (problem === undefined) continue;
    addFinding({ ...fault, jsonPath: `${jsonPath}[${index}]`, message: problem, found: event });
  }
  return [...new Set(events)];
}

/**
 * The names that a function made: one, or a list of them.
 * @throws {TidegateError} `EVENT_NAME_INVALID` where one is no name, or a pattern (S6.5)
 */
export function madeEvents(made: unknown): readonly string[] {
  const names = new Set<string>();
  for (const name of asList(made)) {
    const problem = eventNameProblem(name);
    if (problem !== undefined || typeof name !== "string")
      throw new TidegateError("EVENT_NAME_INVALID", problem);
    names.add(name);
  }
  if (names.size === 0) throw new TidegateError("EVENT_NAME_INVALID", "No event is named.");
  if (names.size > mostNames)
    throw new TidegateError(
      "EVENT_NAME_INVALID",
      `At most ${mostNames} events can be subscribed to at once.`,
    );
  return [...names];
}

function asList(made: unknown): readonly unknown[] {
  if (Array.isArray(made)) return made;
  return made === undefined || made === null ? [] : [made];
}

function patternProblem(event: string): string | undefined {
  if (event.startsWith("$"))
    return "Events whose name begins with `$` are the broker's own: they are never delivered.";
  return namePatternProblem(event);
}

/** How many names one subscription remembers to be allowed. */
const rememberedNames = 1_000;

/**
 * Asks the rules before a subscription begins (S7.2): those of every name, and of every pattern those that overlap it. No
 * event is there yet, so rules that read the params wait for one.
 * @throws {TidegateError} as a rejection, where one denies it
 */
export async function admitEvents(gate: PolicyGate, events: readonly string[], scope: Scope): Promise<void> {
  for (const event of events) await gate.rulesFor("subscribe", event, "opening")?.check(undefined, scope);
}

/**
 * Asks the rules that match a received name, with the event's payload as params. What holds for every event of a name is
 * asked once for the name; a denial may have been a failure, and is asked again.
 *
 * @param events what was admitted
 */
export function eventGate(
  gate: PolicyGate,
  events: readonly string[],
): (packet: EventPacket, scope: Scope) => Promise<boolean> {
  const admitted = new Set(events);
  const admitName = async (name: string, scope: Scope): Promise<void> => {
    const lasting = gate.rulesFor("subscribe", name, "lasting");
    if (lasting === undefined || admitted.has(name)) return;
    await lasting.check(undefined, scope);
    if (admitted.size >= rememberedNames + events.length) admitted.clear();
    admitted.add(name);
  };
  return async ({ event, payload }, scope) => {
    try {
      await admitName(event, scope);
      await gate.rulesFor("subscribe", event, "passing")?.check(payload, scope);
      return true;
    } catch {
      // The trace was told the verdict, and the rule's developer a failure: the subscriber does not learn of the event.
      return false;
    }
  };
}

/** How a subscription makes deliveries of events. */
export interface Delivering {
  /** The events as they come; bounded by who gives them. */
  readonly packets: AsyncIterableIterator<EventPacket>;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Makes one event's scope. */
  fork(): Scope;
  /** Makes one delivery; undefined where the event is left out. Does not reject. */
  make(packet: EventPacket, scope: Scope): Promise<Delivery | undefined>;
}

/**
 * One event after another, in order. Scopes of events that are not handed out are ended here; those of the others are
 * ended by who takes them. `return` ends it also while an event is awaited.
 */
export function deliver(delivering: Delivering): AsyncIterableIterator<Delivery> {
  const { packets, signal } = delivering;
  let over = false;

  async function* run(): AsyncGenerator<Delivery, undefined, undefined> {
    for await (const packet of packets) {
      const scope = delivering.fork();
      let handedOut = false;
      try {
        const delivery = await delivering.make(packet, scope);
        if (over || signal.aborted) return;
        if (delivery === undefined) continue;
        handedOut = true;
        yield delivery;
      } finally {
        if (!handedOut) scope.end();
      }
    }
  }

  const running = run();
  const deliveries: AsyncIterableIterator<Delivery> = {
    [Symbol.asyncIterator]: () => deliveries,
    next: () => running.next(),
    // Not the generator's own alone: it would wait for the event that never comes.
    return: async () => {
      over = true;
      await packets.return?.();
      return running.return(undefined);
    },
  };
  return deliveries;
}
