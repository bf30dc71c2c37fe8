import { setImmediate } from "node:timers/promises";
import { routeProbe, type ServiceState, serviceOf, typeProbe } from "./services.ts";
import { masterNode, type System } from "./system.ts";

/** A change, and the time until it was served. */
export interface TimedChange {
  /** Whether the response of a route or a type changed. */
  readonly kind: "route" | "type";
  /** Milliseconds from the broker's notification until a request got the new response. */
  readonly ms: number;
}

/**
 * Returns a function that changes the next service of master: alternately the response of a route and, if the
 * services have types, the name of a field. It resolves when a request got the new response.
 */
export function createChanger({
  memory,
  connection,
  first,
  nextVersion,
}: System): () => Promise<TimedChange> {
  const node = memory.node(masterNode);
  const states = new Map<number, ServiceState>();
  let number = 0;
  return async () => {
    number++;
    const index = number % first.of;
    const kind = first.graphql && number % 2 === 0 ? "type" : "route";
    const state = { ...(states.get(index) ?? first), [kind]: number };
    states.set(index, state);
    const service = serviceOf(index, state);
    const probe = kind === "type" ? typeProbe(index, number) : routeProbe(index, number);
    const served = nextVersion();
    // Begins a new iteration of the event loop, so that earlier work of this client is not measured.
    await setImmediate();
    const started = performance.now();
    node.publish(service);
    await served;
    await connection.ask(probe);
    return { kind, ms: performance.now() - started };
  };
}
