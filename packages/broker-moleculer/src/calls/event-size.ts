import { type PublishRequest, TidegateError } from "@tidegate/core-registry";
import { messageLimit } from "@tidegate/service-moleculer/wire";
import type { ServiceBroker } from "moleculer";

/** Bytes that the packet of an event has beside its params. */
const envelopeBytes = 4 * 1_024;

/**
 * Refuses an event that one of its receivers cannot receive, before it is sent to any of them (S13.1).
 * @throws {TidegateError} `MESSAGE_TOO_LARGE`
 */
export function checkEventSize(
  broker: ServiceBroker,
  { event, params, groups }: PublishRequest,
  maxMessageBytes: number,
): void {
  const bytes = envelopeBytes + jsonBytes(params);
  const endpoints = broker.registry.events.getAllEndpoints(event, groups === undefined ? [] : [...groups]);
  const others = endpoints.flatMap(({ id }) => (id === broker.nodeID ? [] : [id]));
  const limit = messageLimit(broker, others, maxMessageBytes);
  if (bytes <= limit) return;
  const message = `The event has ${bytes} bytes as it is sent; the limit is ${limit}.`;
  broker.logger.warn(`The event ${event} was not sent. ${message}`);
  throw new TidegateError("MESSAGE_TOO_LARGE", message, { dispatched: false });
}

/** 0 for what JSON cannot express: sending it fails. */
function jsonBytes(params: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(params) ?? "");
  } catch {
    return 0;
  }
}
