import type { BrokerSink, EventPacket, PeerAnswers } from "@tidegate/core-registry";
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import type { Discovery } from "./discovery.ts";
import { answerGateway } from "./peers.ts";

/** The event by which the mixin says that its service goes in good order: transporters such as TCP do not tell. */
export const leavingEvent = "tidegate.leaving";

/**
 * The service by which a gateway hears (S13.1): in a group of its own, so that it gets every event, whatever other gateways
 * get. Events whose name begins with `$` end here. By its action other gateways ask this one (S9.4), and nodes know it.
 */
export function listener(
  broker: ServiceBroker,
  sink: BrokerSink,
  discovery: Discovery,
  answers: PeerAnswers,
): ServiceSchema {
  const heard = (context: Context): void => {
    const { eventName: event, params: payload, nodeID: node } = context;
    if (event === null || event.startsWith("$")) return;
    if (event === leavingEvent) {
      if (typeof payload === "string" && typeof node === "string") discovery.leaving(payload, node);
      return;
    }
    const packet: EventPacket = {
      event,
      payload,
      broadcast: context.eventType !== "emit",
      ...(typeof node === "string" && { node }),
    };
    try {
      sink.event(packet);
    } catch (error) {
      broker.logger.error(`The event ${event} could not be taken.`, error);
    }
  };
  return {
    name: "$tidegate",
    actions: {
      ask: { visibility: "public", handler: (context: Context) => answerGateway(answers, context) },
    },
    events: { "**": { group: `$tidegate-${broker.nodeID}`, handler: heard } },
  };
}
