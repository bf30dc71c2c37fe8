import { Readable } from "node:stream";
import { type CallingOptions, type Context, Serializers, type ServiceBroker, type Transit } from "moleculer";
import type { Links } from "./links.ts";
import type { Publish, StreamPayload } from "./packet.ts";
import type { CreditPeers } from "./peers.ts";
import { type CreditWindow, toWire } from "./window.ts";

type RemoteCall = (context: Context) => Promise<unknown>;
type Call = (action: string, params: unknown, options?: CallingOptions) => Promise<unknown>;

/** The sending side, as Moleculer calls it. */
export interface SendingHooks {
  /** A call that goes to another node: its stream goes as far as that node grants. */
  remoteAction(next: RemoteCall): RemoteCall;
  /** A call that fails, or takes too long, ends the stream that it sends. */
  call(next: Call): Call;
  /** Says with each call what is granted here, and with each packet of a stream under credit that it is one. */
  transitPublish(next: Publish): Publish;
  /** Answers with a stream go as far as the caller grants. */
  sendResponse(next: Transit["sendResponse"]): Transit["sendResponse"];
}

/** Makes the sending side. */
export function sendingHooks(
  broker: ServiceBroker,
  window: CreditWindow,
  links: Links,
  peers: CreditPeers,
): SendingHooks {
  const credit = toWire(window);
  /** What is sent of a stream that a caller gave. */
  const sent = new WeakMap<Readable, Readable>();

  const encode = (payload: StreamPayload, part: "params" | "data"): void => {
    const chunk = payload[part];
    if (
      broker.serializer?.constructor === Serializers.JSON &&
      payload.credited === "bytes" &&
      Buffer.isBuffer(chunk)
    )
      payload[part] = chunk.toString("base64");
  };

  return {
    remoteAction: (next) => (context) => {
      const { stream: source } = context.options;
      const granted = source instanceof Readable ? peers.windowOf(context.nodeID) : undefined;
      if (granted === undefined || !(source instanceof Readable) || !source.readable) return next(context);
      const stream = links.send(context.nodeID ?? "", context.id, source, granted);
      sent.set(source, stream);
      // A copy: the caller's options may serve for another try.
      context.options = { ...context.options, stream };
      return next(context);
    },

    call: (next) => (action, params, options) => {
      const answer = next(action, params, options);
      const source: unknown = options?.stream;
      if (source instanceof Readable) answer.catch((error) => sent.get(source)?.destroy(error));
      return answer;
    },

    transitPublish: (next) => (packet) => {
      const { type, payload } = packet;
      if (type !== "REQ" && type !== "RES") return next(packet);
      if (type === "REQ" && !(Number(payload.seq) > 0)) payload.credit = credit;
      if (payload.seq === undefined) return next(packet);
      const sending = links.outlet(String(packet.target), String(payload.id));
      if (sending === undefined) return next(packet);
      payload.credited = sending.outlet.objects ? "objects" : "bytes";
      sending.seq = Number(payload.seq);
      if (payload.stream === true && sending.seq > 0) encode(payload, type === "REQ" ? "params" : "data");
      return next(packet);
    },

    sendResponse: (next) => (node, id, meta, headers, data, error) => {
      // An action that has answered without a stream, and never began to read its own, will not read it.
      if (!(data instanceof Readable)) links.unread(node, id);
      const granted = data instanceof Readable && data.readable ? peers.windowOf(node) : undefined;
      const result =
        granted !== undefined && data instanceof Readable ? links.send(node, id, data, granted) : data;
      return next(node, id, meta, headers, result, error);
    },
  };
}
