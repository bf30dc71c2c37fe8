import type { Context, ServiceBroker } from "moleculer";
import { wordOf } from "./declare.ts";
import { cancelled, requestsOf } from "./requests.ts";

/** The event, and the group that nobody listens in, of the packet by which a caller says that it waits no more. */
export const cancelEvent = "$tidegate.cancel";

/** The number of this contract. */
export const cancelContract = 1;

/**
 * Tells who serves a call that nobody waits for it any more: on this node at once, on another by a packet, where that node
 * says that it takes them.
 */
export function cancelCall(broker: ServiceBroker, context: Context): void {
  const { nodeID, id, endpoint } = context;
  if (endpoint?.local === true) requestsOf(broker).of(context)?.end(cancelled(context.action?.name));
  if (endpoint?.local === true || broker.transit === undefined || nodeID === null) return;
  if (wordOf(broker, nodeID).cancel !== cancelContract) return;
  const payload = {
    id: broker.generateUid(),
    event: cancelEvent,
    data: { id },
    groups: [cancelEvent],
    broadcast: false,
    meta: {},
    headers: {},
    level: 1,
    tracing: false,
    needAck: false,
  };
  broker.transit.publish({ type: "EVENT", target: nodeID, payload }).catch((error: unknown) => {
    broker.logger.debug(`Node ${nodeID} could not be told of a cancellation.`, error);
  });
}
