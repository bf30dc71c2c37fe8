import type { ServiceBroker, Transit } from "moleculer";
import type { Links } from "./links.ts";
import { noticeEvent, readNotice } from "./notice.ts";
import { type HandleMessage, isObject, type StreamPayload } from "./packet.ts";
import type { CreditPeers } from "./peers.ts";

/**
 * The receiving side: Moleculer's `transitMessageHandler`. Streams under credit get a reading end of ours where Moleculer would
 * make its own; the rest of Moleculer's handling stays.
 */
export function receivingHook(
  broker: ServiceBroker,
  links: Links,
  peers: CreditPeers,
): (next: HandleMessage) => HandleMessage {
  const done = Promise.resolve(true);
  return (next) => (command, packet) => {
    const payload = packet?.payload;
    const { transit } = broker;
    if (transit === undefined || !isObject(payload) || typeof payload.sender !== "string")
      return next(command, packet);
    const { sender } = payload;
    if (command === "EVENT" && payload.event === noticeEvent) {
      const notice = readNotice(payload.data);
      if (notice !== undefined) links.hear(sender, notice);
      return done;
    }
    const isCall = command === "REQ";
    if (!isCall && command !== "RES") return next(command, packet);
    if (isCall && payload.credit !== undefined) peers.learn(sender, payload.credit);
    if (payload.credited === undefined || typeof payload.id !== "string") return next(command, packet);
    const goesOn = isCall
      ? receiveCall(transit, links, payload, sender, payload.id)
      : receiveAnswer(transit, links, payload, sender, payload.id);
    return goesOn ? next(command, packet) : done;
  };
}

/** Whether Moleculer is to go on with a call's packet. */
function receiveCall(
  transit: Transit,
  links: Links,
  payload: StreamPayload,
  sender: string,
  id: string,
): boolean {
  const inlet = links.inlet(sender, id);
  if (payload.seq === 0) {
    if (inlet !== undefined) return false;
    const forget = (): void => void transit.pendingReqStreams.delete(id);
    const { stream } = links.receive(sender, id, opening(payload), forget);
    transit.pendingReqStreams.set(id, { sender, stream });
    return true;
  }
  // Nobody reads it any more: Moleculer would take it for the beginning of another one.
  if (inlet === undefined) return false;
  const fault = isObject(payload.headers) ? payload.headers.$streamError : undefined;
  if (!isObject(fault)) return true;
  inlet.stream.destroy(transit._createErrFromPayload(fault, payload));
  return false;
}

/** Whether Moleculer is to go on with an answer's packet. */
function receiveAnswer(
  transit: Transit,
  links: Links,
  payload: StreamPayload,
  sender: string,
  id: string,
): boolean {
  const inlet = links.inlet(sender, id);
  if (payload.seq === 0) {
    if (inlet !== undefined) return false;
    if (!transit.pendingRequests.has(id)) {
      links.tell(sender, { kind: "cancel", id });
      return false;
    }
    const forget = (): void => transit.removePendingRequest(id);
    const { stream } = links.receive(sender, id, opening(payload), forget);
    transit.pendingResStreams.set(id, stream);
    return true;
  }
  if (inlet === undefined) return false;
  if (payload.success !== false || !isObject(payload.error)) return true;
  inlet.stream.destroy(transit._createErrFromPayload(payload.error, payload));
  return false;
}

/** Whether the stream that begins carries objects; takes Moleculer's own word for it away, as Moleculer does. */
function opening({ credited, headers }: StreamPayload): boolean {
  if (isObject(headers)) delete headers.$streamObjectMode;
  return credited === "objects";
}
