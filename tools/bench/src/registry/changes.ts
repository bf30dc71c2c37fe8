import { setImmediate } from "node:timers/promises";
import { routeProbe, typeProbe } from "./probes.ts";
import { type ServiceState, serviceOf } from "./services.ts";
import { masterNode, type System } from "./system.ts";

/** What changed, and how long it took until it was served. */
export interface TimedChange {
  /** What differs: what a route answers, or a type. */
  readonly kind: "route" | "type";
  /** Milliseconds from the broker's word until a request got the new answer. */
  readonly ms: number;
}

/**
 * Changes one service after another of master, one each time it is called: in turns what a route answers and, where there are
 * types, the name of a field. Resolves when a request got the new answer.
 */
export function createChanger({ memory, connection, first, mounted }: System): () => Promise<TimedChange> {
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
    const served = mounted();
    // What this client did until now is no part of the gateway's step.
    await setImmediate();
    const started = performance.now();
    node.publish(service);
    await served;
    await connection.ask(probe);
    return { kind, ms: performance.now() - started };
  };
}
