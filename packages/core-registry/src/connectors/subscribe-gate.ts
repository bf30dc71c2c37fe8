import type { EventPacket } from "../contracts/broker.ts";
import type { Scope } from "../contracts/scope.ts";
import type { PolicyGate } from "./gate.ts";

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
