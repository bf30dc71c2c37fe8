/*
 * Patch: the circuit breaker counts calls that time out, and ends with its node (Moleculer 0.15).
 *
 * Moleculer's timeout is applied outside of its circuit breaker (`INTERNAL_MIDDLEWARES` in
 * `service-broker.js`): the circuit breaker, and the transit, wait for the answer for ever. It keeps its
 * state, and the endpoint that it stops, by the id of the node and the name of the action, also when the node
 * is gone (`store` in `middlewares/circuit-breaker.js`).
 *
 * Without the patch, calls that time out never open a circuit and are never forgotten, and a node that comes
 * back inherits the failures of the one before it.
 *
 * Can be removed when Moleculer ends the request of a call that times out, and drops the states of a node
 * that disconnects.
 */
import { type BrokerOptions, Errors, type ServiceBroker, type Transit } from "moleculer";
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

/** Returns a middleware that patches the circuit breaker. */
export function circuitBreakerPatch(): MiddlewareFactory {
  return middleware("TidegateCircuitBreaker", () => ({ created: patchCircuitBreaker }));
}

/**
 * Makes the default check of the circuit breaker ignore calls that an action made itself, and drops the
 * states of a node that disconnects.
 */
export function patchCircuitBreaker(broker: ServiceBroker): void {
  if (!isFirstPatch(broker, "circuit-breaker")) return;
  const { circuitBreaker: options } = broker.options;
  if (options?.check === isTimeout) options.check = (error) => isTimeoutOfCall(error, broker.nodeID);
  if (broker.transit !== undefined) endTimedOutRequests(broker.transit);
  broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => {
    const store = storeOf(broker);
    for (const [key, entry] of store ?? []) {
      if (!isObject(entry) || !isObject(entry.ep) || entry.ep.id !== node.id) continue;
      if (entry.cbTimer instanceof Object) clearTimeout(entry.cbTimer as NodeJS.Timeout);
      store?.delete(key);
    }
  });
}

/**
 * Rejects the request of a call that has failed before its answer: Moleculer's error handler only forgets it.
 * The circuit breaker then counts the call, unless it has ended already.
 */
function endTimedOutRequests(transit: Transit): void {
  let isAnswering = false;
  const responseHandler = transit.responseHandler.bind(transit);
  transit.responseHandler = (packet) => {
    isAnswering = true;
    try {
      responseHandler(packet);
    } finally {
      isAnswering = false;
    }
  };
  const removePendingRequest = transit.removePendingRequest.bind(transit);
  transit.removePendingRequest = (id) => {
    const pending = isAnswering ? undefined : transit.pendingRequests.get(id);
    removePendingRequest(id);
    if (pending === undefined) return;
    const { nodeID, ctx } = pending;
    pending.reject(new Errors.RequestTimeoutError({ action: ctx.action?.name, nodeID }));
  };
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

function isTimeout(error: Error): boolean {
  return "type" in error && error.type === "REQUEST_TIMEOUT";
}

/**
 * Whether a call timed out here, or at the called node at the same time: that names the caller. The error of
 * a nested call that timed out names another node.
 */
function isTimeoutOfCall(error: Error, caller: string): boolean {
  if (!isTimeout(error)) return false;
  if (!("nodeID" in error) || error.nodeID === undefined) return true;
  return "data" in error && isObject(error.data) && error.data.nodeID === caller;
}
