import { plainAnswer } from "@tidegate/core-registry/runtime";
import { isPlainJson } from "@tidegate/service-moleculer/wire";
import type { Context, ServiceBroker } from "moleculer";

/**
 * Returns an answer in the form that is the same for local and remote services (S4.5). What came from another
 * node as JSON without bytes is in that form already.
 * @throws {TidegateError} `REPLY_INVALID` for an answer that JSON cannot express
 */
export function receiveAnswer(value: unknown, broker: ServiceBroker, context: Context | undefined): unknown {
  const isLocal = context?.endpoint?.local === true;
  return !isLocal && isPlainJson(broker, value) ? value : plainAnswer(value);
}

/**
 * Returns the payload of an event in the same form.
 * @param node the node that sent the event
 * @throws {TidegateError} `REPLY_INVALID` for a payload that JSON cannot express
 */
export function receivePayload(value: unknown, broker: ServiceBroker, node: unknown): unknown {
  return node !== broker.nodeID && isPlainJson(broker, value) ? value : plainAnswer(value);
}
