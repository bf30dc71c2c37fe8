import type { Broker } from "../../contracts/broker.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { Change, Finding, Report } from "../../contracts/report.ts";
import { reportTable } from "./table.ts";

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

/** Remembers what was said to whom, so that nobody is told the same again and again (S10.2). Bounded. */
export interface Told {
  /**
   * Whether a listener is to be told: it was told something else last. Who is told three times the same within a minute,
   * or twenty things, is told no more until the minute is over: a report that makes a service change, which makes a
   * report, ends there. True counts as told.
   */
  isNews(topic: string, listener: string, outcome: string): boolean;
  /** The listeners that were told something of a topic. */
  listeners(topic: string): readonly string[];
  /** Forgets a topic. */
  forget(topic: string): void;
}

const minute = 60_000;
const mostEqual = 3;
const mostInMinute = 20;
const mostTopics = 20_000;

interface Saying {
  readonly outcome: string;
  readonly at: number;
}

/**
 * Has told nobody anything.
 * @param mostListeners how many listeners of one topic are remembered, those told last. Default 1,000
 */
export function createTold(clock: Clock, mostListeners = 1_000): Told {
  const topics = new Map<string, Map<string, readonly Saying[]>>();

  const listenersOf = (topic: string): Map<string, readonly Saying[]> => {
    const known = topics.get(topic) ?? new Map<string, readonly Saying[]>();
    touch(topics, topic, known, mostTopics);
    return known;
  };

  return {
    isNews(topic, listener, outcome) {
      const listeners = listenersOf(topic);
      const sayings = listeners.get(listener) ?? [];
      if (sayings.at(-1)?.outcome === outcome) return false;
      const now = clock.now();
      const recent = sayings.filter(({ at }) => now - at < minute);
      const equal = recent.filter((saying) => saying.outcome === outcome);
      if (equal.length >= mostEqual || recent.length >= mostInMinute) return false;
      touch(listeners, listener, [...recent, { outcome, at: now }], mostListeners);
      return true;
    },
    listeners: (topic) => [...(topics.get(topic)?.keys() ?? [])],
    forget: (topic) => void topics.delete(topic),
  };
}

/** Sets an entry as the newest, and lets go of the oldest over the bound. */
function touch<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

/** What one combined report says of anything at the most. */
const mostEach = 50;

/** What two reports on the same service and branch have to say together: from the older one's version to the newer's (S10.2). */
export function combineReports(older: Report, newer: Report): Report {
  const isRuntime = newer.occasion === "runtime";
  const report: Omit<Report, "table"> = {
    ...newer,
    ...(older.from === undefined ? {} : { from: older.from }),
    changes: combineChanges(older.changes, newer.changes),
    // The newest merge tells everything that is wrong now; what happened while a fragment was served adds up.
    findings: isRuntime ? unique([...older.findings, ...newer.findings]).slice(-mostEach) : newer.findings,
    console: [...older.console, ...newer.console].slice(-mostEach),
  };
  return { ...report, table: reportTable(report) };
}

/** What two steps changed together: what came with one and went with the other is left out. */
export function combineChanges(first: readonly Change[], second: readonly Change[]): readonly Change[] {
  return second.reduce<readonly Change[]>(withChange, first);
}

function withChange(changes: readonly Change[], change: Change): readonly Change[] {
  const isOfSame = (one: Change): boolean => one.plugin === change.plugin && one.label === change.label;
  const was = (kind: Change["kind"]): boolean => changes.some((one) => isOfSame(one) && one.kind === kind);
  const others = changes.filter((one) => !isOfSame(one));
  if (change.kind === "removed") return was("added") ? others : [...others, change];
  if (was("added")) return changes;
  if (change.kind === "added" && was("removed"))
    return [...others, { ...change, kind: "changed", level: "dangerous" }];
  return [...changes.filter((one) => !isOfSame(one) || one.detail !== change.detail), change];
}

function unique(findings: readonly Finding[]): Finding[] {
  return [
    ...new Map(
      findings.map((finding) => [`${finding.code} ${finding.jsonPath} ${finding.message}`, finding]),
    ).values(),
  ];
}
