import type { EventPacket } from "../contracts/broker.ts";
import type {
  Delivery,
  RuleDescription,
  Sources,
  SubscribeConfig,
  SubscribeConnector,
} from "../contracts/connector.ts";
import type { Scope } from "../contracts/scope.ts";
import { readsOf } from "./call.ts";
import { deliver } from "./deliver.ts";
import { isFunctionText } from "./event-name.ts";
import { compileInline } from "./inline.ts";
import { madeEvents, writtenEvents } from "./subscribe-events.ts";
import { admitEvents, eventGate } from "./subscribe-gate.ts";
import type { ConnectorPlan } from "./tools.ts";

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
