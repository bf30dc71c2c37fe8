import { Readable } from "node:stream";
import { type CallingOptions, Serializers, type ServiceBroker, type Transit } from "moleculer";
import { announceCapabilities } from "../wire/metadata.ts";
import {
  type ActionHandler,
  type Call,
  type MiddlewareFactory,
  middleware,
  type Packet,
} from "../wire/middleware.ts";
import { isObject } from "../wire/values.ts";
import { OpenStreams } from "./open-streams.ts";
import {
  type CreditWindow,
  decodeMessage,
  defaultWindow,
  encodeWindow,
  type PeerWindows,
  peerWindows,
  streamEvent,
} from "./protocol.ts";

/** The flow control of one broker. */
export interface FlowControl {
  readonly broker: ServiceBroker;
  readonly streams: OpenStreams;
  readonly peers: PeerWindows;
}

const flowControls = new WeakMap<ServiceBroker, FlowControl>();

/** The flow control of a broker; undefined if the broker has none. */
export function flowControlOf(broker: ServiceBroker): FlowControl | undefined {
  return flowControls.get(broker);
}

/** A stream of a call or an answer that arrives. */
interface Arriving {
  readonly transit: Transit;
  readonly payload: Packet["payload"];
  readonly sender: string;
  /** Id of the call that the stream belongs to. */
  readonly id: string;
}

/**
 * Moleculer middleware for credit-based flow control of the streams between nodes, in calls and in answers
 * (S8, S13.1). Without it Moleculer's streams have no back-pressure: a fast sender fills the memory of a slow
 * reader's node. And neither end learns that the other one is gone.
 *
 * A sender is never further ahead of its reader than the window that the reader's node grants. A reader that
 * goes away ends the sender's source. A source that fails, and a node that disconnects, end the reader's
 * stream with an error.
 *
 * A node announces its window in its metadata (`tidegate.credit`) and with each call. Streams to and from
 * nodes without a window are Moleculer's own. In streams of bytes with the JSON serializer, chunks travel as
 * Base64, which takes a third of the space of Moleculer's form.
 * @param window what this node grants to each stream that is sent to it. Default: 512 KiB, 64 chunks.
 */
export function streamFlowControl(window: CreditWindow = defaultWindow): MiddlewareFactory {
  return middleware("TidegateStreamFlowControl", (broker) => {
    const peers = peerWindows(broker);
    const flow: FlowControl = { broker, streams: new OpenStreams(broker, window), peers };
    const credit = encodeWindow(window);
    return {
      ...callHooks(flow),
      transitPublish: (next) => (packet) => {
        const { type, payload } = packet;
        if (type !== "REQ" && type !== "RES") return next(packet);
        if (type === "REQ" && !(Number(payload.seq) > 0)) payload.credit = credit;
        if (payload.seq !== undefined) markPacket(flow, packet);
        return next(packet);
      },
      transitMessageHandler: (next) => (command, packet) =>
        packet === undefined || handlePacket(flow, command, packet)
          ? next(command, packet)
          : Promise.resolve(true),
      created: () => {
        if (!broker.transit) return;
        announceCapabilities(broker, { credit });
        flowControls.set(broker, flow);
        interceptAnswers(flow, broker.transit);
        broker.localBus.on("$node.disconnected", ({ node }: { readonly node: { readonly id: string } }) => {
          peers.forget(node.id);
          flow.streams.nodeDisconnected(node.id);
        });
      },
      stopped: async () => flow.streams.close(),
    };
  });
}

/** Hooks for the stream that a call sends. */
function callHooks({ streams, peers }: FlowControl) {
  /** The streams that are sent, by the sources that callers gave. */
  const sentBySource = new WeakMap<Readable, Readable>();
  return {
    /** Replaces the stream of a call to another node by one that respects the node's window. */
    remoteAction:
      (next: ActionHandler): ActionHandler =>
      (context) => {
        const { stream: source } = context.options;
        if (!(source instanceof Readable) || !source.readable) return next(context);
        const window = peers.windowOf(context.nodeID);
        if (window === undefined) return next(context);
        const stream = streams.send(context.nodeID ?? "", context.id, source, window);
        sentBySource.set(source, stream);
        // The caller can use its options for another attempt, so they are copied.
        context.options = { ...context.options, stream };
        return next(context);
      },
    /** Ends the stream of a call that fails or times out. */
    call: (next: Call) => (action: unknown, params: unknown, options?: CallingOptions) => {
      const answer = next(action, params, options);
      const source: unknown = options?.stream;
      if (source instanceof Readable) answer.catch((error) => sentBySource.get(source)?.destroy(error));
      return answer;
    },
  };
}

/**
 * Replaces the stream of an answer by one that respects the caller's window. Moleculer has no hook for
 * answers.
 */
function interceptAnswers({ streams, peers }: FlowControl, transit: Transit): void {
  const sendResponse = transit.sendResponse.bind(transit);
  transit.sendResponse = (node, id, meta, headers, data, error) => {
    const isStream = data instanceof Readable;
    // An action that has answered without a stream, and has not started to read its own, will not read it.
    if (!isStream) streams.destroyUnread(node, id);
    const window = isStream && data.readable ? peers.windowOf(node) : undefined;
    const result = isStream && window !== undefined ? streams.send(node, id, data, window) : data;
    return sendResponse(node, id, meta, headers, result, error);
  };
}

/** Marks a packet of a stream under flow control, and notes its number. */
function markPacket({ broker, streams }: FlowControl, { type, target, payload }: Packet): void {
  const stream = streams.outgoing(String(target), String(payload.id));
  if (stream === undefined) return;
  payload.credited = stream.sender.objectMode ? "objects" : "bytes";
  stream.seq = Number(payload.seq);
  if (payload.stream !== true || !(stream.seq > 0) || stream.sender.objectMode) return;
  const part = type === "REQ" ? "params" : "data";
  const chunk = payload[part];
  if (broker.serializer?.constructor === Serializers.JSON && Buffer.isBuffer(chunk))
    payload[part] = chunk.toString("base64");
}

/**
 * Handles what concerns flow control in a packet that arrived. Returns whether Moleculer has to handle the
 * packet too.
 */
function handlePacket(
  { broker, streams, peers }: FlowControl,
  command: string,
  { payload }: Packet,
): boolean {
  const { transit } = broker;
  if (transit === undefined || !isObject(payload) || typeof payload.sender !== "string") return true;
  const { sender, id } = payload;
  if (command === "EVENT" && payload.event === streamEvent) {
    const message = decodeMessage(payload.data);
    if (message !== undefined) streams.handleMessage(sender, message);
    return false;
  }
  if (command === "REQ" && payload.credit !== undefined) peers.learn(sender, payload.credit);
  if (payload.credited === undefined || typeof id !== "string") return true;
  if (command === "REQ") return receiveCall(streams, { transit, payload, sender, id });
  return command !== "RES" || receiveAnswer(streams, { transit, payload, sender, id });
}

/** Handles a packet of a call's stream. Returns whether Moleculer has to handle it too. */
function receiveCall(streams: OpenStreams, { transit, payload, sender, id }: Arriving): boolean {
  const receiver = streams.incoming(sender, id);
  if (payload.seq === 0) {
    if (receiver !== undefined) return false;
    const onCancel = (): void => void transit.pendingReqStreams.delete(id);
    const { stream } = streams.receive(sender, id, takeObjectMode(payload), onCancel);
    transit.pendingReqStreams.set(id, { sender, stream });
    return true;
  }
  // The reader is gone. Moleculer would take the packet for the beginning of another stream.
  if (receiver === undefined) return false;
  const error = isObject(payload.headers) ? payload.headers.$streamError : undefined;
  if (!isObject(error)) return true;
  receiver.stream.destroy(transit._createErrFromPayload(error, payload));
  return false;
}

/** Handles a packet of an answer's stream. Returns whether Moleculer has to handle it too. */
function receiveAnswer(streams: OpenStreams, { transit, payload, sender, id }: Arriving): boolean {
  const receiver = streams.incoming(sender, id);
  if (payload.seq === 0) {
    if (receiver !== undefined) return false;
    if (!transit.pendingRequests.has(id)) {
      streams.sendMessage(sender, { kind: "cancel", id });
      return false;
    }
    const onCancel = (): void => transit.removePendingRequest(id);
    const { stream } = streams.receive(sender, id, takeObjectMode(payload), onCancel);
    transit.pendingResStreams.set(id, stream);
    return true;
  }
  if (receiver === undefined) return false;
  if (payload.success !== false || !isObject(payload.error)) return true;
  receiver.stream.destroy(transit._createErrFromPayload(payload.error, payload));
  return false;
}

/** Whether a stream that begins carries objects. Removes Moleculer's header for it, as Moleculer does. */
function takeObjectMode({ credited, headers }: Packet["payload"]): boolean {
  if (isObject(headers)) delete headers.$streamObjectMode;
  return credited === "objects";
}
