import type { BrokerSink, EventPacket, PeerAnswers } from "@tidegate/core-registry";
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import type { RegistryWatch } from "./discovery/registry-watch.ts";
import { answerPeer } from "./peers.ts";
import { gatewayService, leavingEvent } from "./wire/names.ts";

/**
 * Returns the service `$tidegate` of the gateway's node (S13.1). It receives all events in a group of its own, so that each
 * gateway receives every event. By its action `ask` other gateways ask this one (S9.4), and nodes recognise a gateway.
 */
export function createGatewayService(
  broker: ServiceBroker,
  sink: BrokerSink,
  registryWatch: RegistryWatch,
  answers: PeerAnswers,
): ServiceSchema {
  const receive = (context: Context): void => {
    const { eventName: event, params: payload, nodeID: node } = context;
    if (event === null || event.startsWith("$")) return;
    if (event === leavingEvent) {
      if (typeof payload === "string" && typeof node === "string") registryWatch.serviceLeaves(payload, node);
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
      broker.logger.error(`The event ${event} could not be handled.`, error);
    }
  };
  return {
    name: gatewayService,
    actions: {
      ask: { visibility: "public", handler: (context: Context) => answerPeer(answers, context) },
    },
    events: { "**": { group: `${gatewayService}-${broker.nodeID}`, handler: receive } },
  };
}
