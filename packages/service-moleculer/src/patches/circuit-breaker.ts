/*
 * Patch: a circuit breaker ends with its node (Moleculer 0.15).
 *
 * Moleculer's circuit breaker keeps its state, and the endpoint that it stops, by the id of the node and the
 * name of the action (`store` in `middlewares/circuit-breaker.js`), also when the node is gone.
 *
 * Without the patch, a node that comes back inherits the failures of the one before it, and its circuit stops
 * an endpoint that no longer exists.
 *
 * Can be removed when Moleculer drops the states of a node that disconnects.
 */
import type { BrokerOptions, ServiceBroker } from "moleculer";
import { type MiddlewareFactory, middleware } from "../wire/middleware.ts";
import { isFirstPatch } from "../wire/patched.ts";
import { isObject } from "../wire/values.ts";

/**
 * The circuit breaker of gateways and of the preset: an action is not called on a node for 5 s if half of at
 * least 10 calls within a minute timed out there. Errors of the service itself do not count: they answer, and
 * a client could cause them.
 */
export const circuitBreaker: NonNullable<BrokerOptions["circuitBreaker"]> = {
  enabled: true,
  threshold: 0.5,
  windowTime: 60,
  minRequestCount: 10,
  halfOpenTime: 5_000,
  check: isTimeout,
};

/** An action on one node that the circuit breaker has stopped. */
export interface Circuit {
  /** Moleculer's name of the action. */
  readonly action: string;
  readonly nodeID: string;
  /** `half-open`: the next call decides whether the action is called again. */
  readonly state: "open" | "half-open";
}

/** Returns a middleware that ends the circuits of a node with the node. */
export function circuitReset(): MiddlewareFactory {
  return middleware("TidegateCircuitReset", () => ({ created: resetCircuits }));
}

/** Drops the states of the circuit breaker for a node that disconnects. */
export function resetCircuits(broker: ServiceBroker): void {
  if (!isFirstPatch(broker, "circuit-reset")) return;
  broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => {
    const store = storeOf(broker);
    for (const [key, entry] of store ?? []) {
      if (!isObject(entry) || !isObject(entry.ep) || entry.ep.id !== node.id) continue;
      if (entry.cbTimer instanceof Object) clearTimeout(entry.cbTimer as NodeJS.Timeout);
      store?.delete(key);
    }
  });
}

/** The circuits of a broker that are not closed. Empty without a circuit breaker. */
export function openCircuits(broker: ServiceBroker): readonly Circuit[] {
  return [...(storeOf(broker)?.values() ?? [])].flatMap((entry) => {
    if (!isObject(entry) || !isObject(entry.ep) || !isObject(entry.ep.action)) return [];
    const { id: nodeID, action } = entry.ep;
    if (typeof nodeID !== "string" || typeof action.name !== "string" || entry.state === "close") return [];
    return { action: action.name, nodeID, state: entry.state === "open" ? "open" : "half-open" };
  });
}

/** The store that Moleculer's middleware adds to the broker. Its types do not declare it. */
function storeOf(broker: ServiceBroker): Map<string, unknown> | undefined {
  const store: unknown = "CircuitBreakerStore" in broker ? broker.CircuitBreakerStore : undefined;
  return store instanceof Map ? store : undefined;
}

/** Whether this node gave up a call; not whether the called action did so with a call of its own. */
function isTimeout(error: Error): boolean {
  return "type" in error && error.type === "REQUEST_TIMEOUT" && !("nodeID" in error);
}
