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
  /** By subject: when it was sent lately. */
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
      const recent = times.filter((at) => now - at < pauseMs);
      if (recent.length === 0) box.sent.delete(subject);
      else box.sent.set(subject, recent);
    }
    for (const [subject, report] of box.waiting) {
      const times = box.sent.get(subject) ?? [];
      if (times.length >= mostAtOnce) continue;
      box.waiting.delete(subject);
      box.sent.set(subject, [...times, now]);
      void hand(box, report);
      return;
    }
    rest(box, now);
  };

  // Until the oldest sending is forgotten; then something may go again, or nothing is left to remember.
  const rest = (box: Postbox, now: number): void => {
    const { broker, node } = box.recipient;
    const oldest = Math.min(...[...box.sent.values()].flat());
    if (Number.isFinite(oldest)) box.cancel = clock.after(oldest + pauseMs - now, () => next(box));
    else boxes.get(broker)?.delete(node);
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
