import type { Readable } from "node:stream";
import { TidegateError } from "@tidegate/core-registry";
import type { ServiceBroker } from "moleculer";
import { type Inlet, openInlet } from "./inlet.ts";
import { type Notice, noticeData, noticeEvent, type TakenNotice } from "./notice.ts";
import { type Outlet, openOutlet } from "./outlet.ts";
import type { CreditWindow } from "./window.ts";

/** Milliseconds between two words of a reader to its sender, which make up for one that was lost on the way. */
const interval = 2_000;

/** How often in a row a reader may say the same while chunks are under way, before these count as lost. */
const patience = 3;

/** Milliseconds without a word after which a reader counts as gone. */
const silence = 10_000;

/** The streams between this node and others. A stream is known by its call's id and the node at the other end. */
export interface Links {
  /** Sends a stream to a node as far as the node grants it; gives what Moleculer is to send instead. */
  send(node: string, id: string, source: Readable, window: CreditWindow): Readable;
  /** The stream that is sent to a node. */
  outlet(node: string, id: string): Sending | undefined;
  /** Begins to receive a stream from a node; `forget` is called when nobody reads it any more. */
  receive(node: string, id: string, objects: boolean, forget: () => void): Inlet;
  /** The stream that comes from a node. */
  inlet(node: string, id: string): Inlet | undefined;
  /** Gives up a stream from a node, if nobody has dispatched to read it. */
  unread(node: string, id: string): void;
  /** Takes another node's word. */
  hear(node: string, notice: Notice): void;
  /** Tells another node something, if it is there. */
  tell(node: string, notice: Notice): void;
  /** Ends what is sent to a node that is gone, and what comes from it. */
  lost(node: string): void;
  /** Ends all. */
  close(): void;
}

/** A stream that is sent, and how it goes. */
export interface Sending {
  /** Its end here. */
  readonly outlet: Outlet;
  /** The number of the last packet sent. */
  seq: number;
}

interface Watched extends Sending {
  readonly node: string;
  heard: number;
  /** What the reader said last, what was sent by then, and how often it has said so since. */
  said: { readonly seq: number; readonly sent: number; readonly times: number; readonly at: number };
}

/** Keeps the streams of a broker, whose nodes each grant `window`. */
export function createLinks(broker: ServiceBroker, window: CreditWindow): Links {
  const outlets = new Map<string, Watched>();
  const inlets = new Map<string, { readonly node: string; readonly id: string; readonly inlet: Inlet }>();
  let timer: NodeJS.Timeout | undefined;

  const tell = (node: string, notice: Notice): void => {
    const { transit } = broker;
    const known = broker.registry.nodes.get(node);
    // A caller may be heard before its INFO packet: only a node that was there and went is left alone.
    if (transit === undefined || (known !== undefined && !known.available && known.seq > 0)) return;
    const payload = {
      id: notice.id,
      event: noticeEvent,
      data: noticeData(notice),
      groups: [],
      broadcast: true,
      meta: {},
      headers: {},
      level: 1,
      tracing: false,
    };
    transit.publish({ type: "EVENT", target: node, payload }).catch((error: unknown) => {
      broker.logger.debug(`Node ${node} was not told of a stream.`, error);
    });
  };

  const tellTaken = (node: string, id: string, inlet: Inlet): void =>
    tell(node, { kind: "taken", id, taken: inlet.taken(), seq: inlet.stream.$prevSeq });

  const sweep = (): void => {
    for (const { node, id, inlet } of inlets.values()) tellTaken(node, id, inlet);
    const now = performance.now();
    for (const { heard, outlet, node } of outlets.values())
      if (now - heard > silence) outlet.fail(gone(`Nothing was heard of the stream's reader on ${node}.`));
    if (inlets.size + outlets.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const watch = (): void => {
    timer ??= setInterval(sweep, interval).unref();
  };

  const heardTaken = (sending: Watched, { taken, seq }: TakenNotice): void => {
    const now = performance.now();
    sending.heard = now;
    sending.outlet.taken(taken);
    const { said } = sending;
    if (now - said.at < interval / 2) return;
    const lags = seq === said.seq && seq < said.sent;
    sending.said = { seq, sent: sending.seq, times: lags ? said.times + 1 : 0, at: now };
    if (sending.said.times >= patience)
      sending.outlet.fail(gone("A part of the stream was lost on its way."));
  };

  return {
    send: (node, id, source, granted) => {
      const key = keyOf(node, id);
      const outlet = openOutlet(source, granted, () => outlets.delete(key));
      const now = performance.now();
      const said = { seq: -1, sent: -1, times: 0, at: now };
      outlets.set(key, { node, outlet, seq: 0, heard: now, said });
      watch();
      return outlet.stream;
    },
    outlet: (node, id) => (outlets.size === 0 ? undefined : outlets.get(keyOf(node, id))),
    receive: (node, id, objects, forget) => {
      const key = keyOf(node, id);
      const inlet = openInlet(objects, window, {
        grant: () => tellTaken(node, id, inlet),
        closed: (complete) => {
          inlets.delete(key);
          if (complete) return;
          forget();
          tell(node, { kind: "cancel", id });
        },
      });
      inlets.set(key, { node, id, inlet });
      watch();
      return inlet;
    },
    inlet: (node, id) => inlets.get(keyOf(node, id))?.inlet,
    unread: (node, id) => {
      const stream = inlets.size === 0 ? undefined : inlets.get(keyOf(node, id))?.inlet.stream;
      if (stream === undefined || stream.readableDidRead) return;
      if (stream.listenerCount("readable") + stream.listenerCount("data") === 0) stream.destroy();
    },
    hear: (node, notice) => {
      const key = keyOf(node, notice.id);
      const sending = outlets.get(key);
      switch (notice.kind) {
        case "gone":
          inlets.get(key)?.inlet.stream.destroy(gone(`Node ${node} ended the stream.`));
          break;
        case "cancel":
          sending?.outlet.cancel(new TidegateError("CANCELLED", "Nobody reads the stream any more."));
          break;
        case "taken":
          if (sending !== undefined) heardTaken(sending, notice);
          else tell(node, { kind: "gone", id: notice.id });
      }
    },
    tell,
    lost: (node) => {
      const error = gone(`Node ${node} is gone.`);
      for (const sending of outlets.values()) if (sending.node === node) sending.outlet.cancel(error);
      for (const coming of inlets.values()) if (coming.node === node) coming.inlet.stream.destroy(error);
    },
    close: () => {
      clearInterval(timer);
      const error = gone("This node was stopped.");
      for (const { outlet } of outlets.values()) outlet.cancel(error);
      for (const { inlet } of inlets.values()) inlet.stream.destroy(error);
    },
  };
}

function keyOf(node: string, id: string): string {
  return `${node} ${id}`;
}

function gone(message: string): TidegateError {
  return new TidegateError("ACTION_UNAVAILABLE", message, { dispatched: true });
}
