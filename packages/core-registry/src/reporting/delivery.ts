import type { Broker } from "../contracts/broker.ts";
import type { Clock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Report } from "../contracts/report.ts";
import { combineReports } from "./combine.ts";

/** Hands reports to nodes (S10.2): one at a time to each, coalesced, bounded. A node that does not answer costs nothing. */
export interface Delivery {
  /** Takes a report for a node. Returns at once, never throws. */
  send(report: Report, recipient: Recipient): void;
  /** Drops what waits, and stops its timers. */
  stop(): void;
}

/** A node that is told something. */
export interface Recipient {
  /** Who reaches it. */
  readonly broker: Broker;
  /** Its id. */
  readonly node: string;
}

/** Reports on one service and branch that go to a node at once; what comes after waits, and becomes one report. */
const mostAtOnce = 3;
const pauseMs = 3_000;
/** A node that has not taken a report by then is silent: what waits for it is dropped until it answers. */
const silentMs = 10_000;
const mostWaiting = 100;

interface Postbox {
  readonly recipient: Recipient;
  /** By subject: what waits, one report each. */
  readonly waiting: Map<string, Report>;
  /** By subject: when it was sent lately, each in order; what was sent last stands last. */
  readonly sent: Map<string, readonly number[]>;
  underWay: boolean;
  silent: boolean;
  cancel: (() => void) | undefined;
}

/** @param logger is told, for whoever looks for a fault, what no node took */
export function createDelivery(clock: Clock, logger: Logger): Delivery {
  const boxes = new Map<Broker, Map<string, Postbox>>();
  let stopped = false;

  const boxOf = (recipient: Recipient): Postbox => {
    const nodes = boxes.get(recipient.broker) ?? new Map<string, Postbox>();
    boxes.set(recipient.broker, nodes);
    const known = nodes.get(recipient.node);
    if (known !== undefined) return known;
    const made: Postbox = {
      recipient,
      waiting: new Map(),
      sent: new Map(),
      underWay: false,
      silent: false,
      cancel: undefined,
    };
    nodes.set(recipient.node, made);
    return made;
  };

  const dropped = ({ recipient: { node } }: Postbox, { service }: Report, error?: unknown): void =>
    logger.debug(`Node ${node} did not take the report for ${service}.`, ...(error ? [error] : []));

  const silence = (box: Postbox): void => {
    box.silent = true;
    for (const report of box.waiting.values()) dropped(box, report);
    box.waiting.clear();
  };

  const next = (box: Postbox): void => {
    if (box.underWay || stopped) return;
    box.cancel?.();
    box.cancel = undefined;
    const now = clock.now();
    for (const [subject, times] of box.sent) {
      if (now - (times.at(-1) ?? 0) < pauseMs) break;
      box.sent.delete(subject);
    }
    for (const [subject, report] of box.waiting) {
      const times = recentOf(box, subject, now);
      if (times.length >= mostAtOnce) continue;
      box.waiting.delete(subject);
      box.sent.delete(subject);
      box.sent.set(subject, [...times, now]);
      void hand(box, report);
      return;
    }
    rest(box, now);
  };

  // Until something that waits may go, or the oldest subject is forgotten, and with the last one the box.
  const rest = (box: Postbox, now: number): void => {
    const { broker, node } = box.recipient;
    const [oldest] = box.sent.values();
    if (oldest === undefined) {
      boxes.get(broker)?.delete(node);
      return;
    }
    const held = [...box.waiting.keys()].map((subject) => recentOf(box, subject, now)[0] ?? now);
    const first = Math.min(oldest.at(-1) ?? now, ...held);
    box.cancel = clock.after(first + pauseMs - now, () => next(box));
  };

  const hand = async (box: Postbox, report: Report): Promise<void> => {
    box.underWay = true;
    box.cancel = clock.after(silentMs, () => silence(box));
    try {
      await box.recipient.broker.report?.(report.service, box.recipient.node, report);
    } catch (error) {
      dropped(box, report, error);
    } finally {
      box.underWay = false;
      box.silent = false;
      next(box);
    }
  };

  return {
    send(report, recipient) {
      if (stopped || recipient.broker.report === undefined) return;
      const box = boxOf(recipient);
      if (box.silent) {
        dropped(box, report);
        return;
      }
      const subject = `${report.service} ${report.branch} ${report.occasion === "runtime" ? "runtime" : "merge"}`;
      const waiting = box.waiting.get(subject);
      if (waiting === undefined && box.waiting.size >= mostWaiting) {
        dropped(box, report);
        return;
      }
      box.waiting.set(subject, waiting === undefined ? report : combineReports(waiting, report));
      next(box);
    },
    stop() {
      stopped = true;
      for (const nodes of boxes.values()) for (const { cancel } of nodes.values()) cancel?.();
      boxes.clear();
    },
  };
}

function recentOf({ sent }: Postbox, subject: string, now: number): readonly number[] {
  return (sent.get(subject) ?? []).filter((at) => now - at < pauseMs);
}
