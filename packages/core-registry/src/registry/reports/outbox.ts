import type { Broker } from "../../contracts/broker.ts";
import type { Clock } from "../../contracts/clock.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { Report } from "../../contracts/report.ts";
import { combineReports } from "./combine-reports.ts";

/**
 * Decides whether and when a report is sent to a node (S10.2):
 *
 * - Repetition: a node does not receive the outcome again that it received last, nor any outcome more than 3
 *   times a minute.
 * - Budget: a node receives at most 20 outcomes a minute on one topic. A service that changes its fragment at
 *   each report comes to rest.
 * - Coalescing: a node receives one report at a time, and at most 3 on one service and branch in 3 seconds.
 *   The reports that wait meanwhile are combined into one per service and branch.
 * - Unresponsive nodes: if a node does not accept a report within 10 seconds, its other reports are dropped
 *   until it does.
 */
export interface Outbox {
  /**
   * Whether a node should receive the outcome of a topic, by repetition and budget. True records the outcome
   * as sent.
   * @param topic what the report is about: branch and service
   */
  shouldSend(topic: string, node: string, outcome: string): boolean;
  /** Whether this outcome of a fragment is reported for the first time, to any node, by the same rules. */
  isFirstReport(topic: string, hash: string, outcome: string): boolean;
  /** The nodes that received a report on a topic. */
  recipients(topic: string): readonly string[];
  /** Forgets which outcomes of a topic were sent. */
  forget(topic: string): void;
  /** Queues a report for a node. Returns at once, never throws. */
  send(report: Report, recipient: Recipient): void;
  /** Drops all waiting reports, and cancels the timers. */
  stop(): void;
}

/** A node that receives reports, and how to reach it. */
export interface Recipient {
  /** The broker that reaches the node. */
  readonly broker: Broker;
  readonly node: string;
}

/** How many fragments of one topic `isFirstReport` remembers. */
const maxFragments = 32;

/** Creates an empty outbox. `logger` receives a debug line for each report that was not delivered. */
export function createOutbox(clock: Clock, logger: Logger): Outbox {
  const sentToNodes = createSendHistory(clock);
  const sentFragments = createSendHistory(clock, maxFragments);
  const queues = new Map<Broker, Map<string, NodeQueue>>();
  let isStopped = false;

  const queueOf = (recipient: Recipient): NodeQueue => {
    const nodes = queues.get(recipient.broker) ?? new Map<string, NodeQueue>();
    queues.set(recipient.broker, nodes);
    const known = nodes.get(recipient.node);
    if (known !== undefined) return known;
    const queue = new NodeQueue(recipient, clock, logger, () => void nodes.delete(recipient.node));
    nodes.set(recipient.node, queue);
    return queue;
  };

  return {
    shouldSend: sentToNodes.shouldSend,
    isFirstReport: sentFragments.shouldSend,
    recipients: sentToNodes.recipients,
    forget(topic) {
      sentToNodes.forget(topic);
      sentFragments.forget(topic);
    },
    send(report, recipient) {
      if (!isStopped && recipient.broker.report !== undefined) queueOf(recipient).add(report);
    },
    stop() {
      isStopped = true;
      for (const nodes of queues.values()) for (const queue of nodes.values()) queue.stop();
      queues.clear();
    },
  };
}

/** How many reports on one service and branch a node receives within `intervalMs`. */
const maxInInterval = 3;
const intervalMs = 3_000;
const acceptTimeoutMs = 10_000;
const maxWaiting = 100;

/**
 * The reports that wait for one node. A subject is a service on a branch, and whether the report is a runtime
 * report.
 */
class NodeQueue {
  readonly #recipient: Recipient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onIdle: () => void;
  /** The report that waits for each subject. */
  readonly #waiting = new Map<string, Report>();
  /**
   * By subject: when its reports of the last interval were sent. The subject that was sent last stands last.
   */
  readonly #sentAt = new Map<string, readonly number[]>();
  #isSending = false;
  #isUnresponsive = false;
  #isStopped = false;
  #cancelTimer: (() => void) | undefined;

  /**
   * @param onIdle called when nothing waits and no subject is limited, so that the queue is not needed any
   * more
   */
  constructor(recipient: Recipient, clock: Clock, logger: Logger, onIdle: () => void) {
    this.#recipient = recipient;
    this.#clock = clock;
    this.#logger = logger;
    this.#onIdle = onIdle;
  }

  add(report: Report): void {
    const kind = report.occasion === "runtime" ? "runtime" : "merge";
    const subject = `${report.service} ${report.branch} ${kind}`;
    const waiting = this.#waiting.get(subject);
    if (this.#isUnresponsive || (waiting === undefined && this.#waiting.size >= maxWaiting)) {
      this.#logUndelivered(report);
      return;
    }
    this.#waiting.set(subject, waiting === undefined ? report : combineReports(waiting, report));
    this.#sendNext();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
  }

  /** Sends the first waiting report whose subject is below its limit. */
  #sendNext(): void {
    if (this.#isSending || this.#isStopped) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    this.#forgetOldSubjects(now);
    for (const [subject, report] of this.#waiting) {
      const times = this.#recentTimes(subject, now);
      if (times.length >= maxInInterval) continue;
      this.#waiting.delete(subject);
      this.#sentAt.delete(subject);
      this.#sentAt.set(subject, [...times, now]);
      void this.#transmit(report);
      return;
    }
    this.#scheduleNext(now);
  }

  async #transmit(report: Report): Promise<void> {
    const { broker, node } = this.#recipient;
    this.#isSending = true;
    this.#cancelTimer = this.#clock.after(acceptTimeoutMs, () => this.#dropWaiting());
    try {
      await broker.report?.(report.service, node, report);
    } catch (error) {
      this.#logUndelivered(report, error);
    } finally {
      this.#isSending = false;
      this.#isUnresponsive = false;
      this.#sendNext();
    }
  }

  /** Until the node accepts the report that is being sent, all others are dropped. */
  #dropWaiting(): void {
    this.#isUnresponsive = true;
    for (const report of this.#waiting.values()) this.#logUndelivered(report);
    this.#waiting.clear();
  }

  /** Continues when a waiting subject is below its limit again, or the oldest subject can be forgotten. */
  #scheduleNext(now: number): void {
    const [oldest] = this.#sentAt.values();
    if (oldest === undefined) {
      this.#onIdle();
      return;
    }
    const limited = [...this.#waiting.keys()].map((subject) => this.#recentTimes(subject, now)[0] ?? now);
    const first = Math.min(oldest.at(-1) ?? now, ...limited);
    this.#cancelTimer = this.#clock.after(first + intervalMs - now, () => this.#sendNext());
  }

  #forgetOldSubjects(now: number): void {
    for (const [subject, times] of this.#sentAt) {
      if (now - (times.at(-1) ?? 0) < intervalMs) break;
      this.#sentAt.delete(subject);
    }
  }

  #recentTimes(subject: string, now: number): readonly number[] {
    return (this.#sentAt.get(subject) ?? []).filter((at) => now - at < intervalMs);
  }

  #logUndelivered({ service }: Report, error?: unknown): void {
    const message = `The report on service ${service} was not delivered to node ${this.#recipient.node}.`;
    this.#logger.debug(message, ...(error ? [error] : []));
  }
}

/** Records which outcomes were sent to whom, by topic. Bounded. */
export interface SendHistory {
  /** True records the outcome as sent: it differs from the last one, and repetition and budget allow it. */
  shouldSend(topic: string, recipient: string, outcome: string): boolean;
  /** The recipients that received an outcome of a topic. */
  recipients(topic: string): readonly string[];
  forget(topic: string): void;
}

const minuteMs = 60_000;
const maxEqualPerMinute = 3;
const maxPerMinute = 20;
const maxTopics = 20_000;

interface SentOutcome {
  readonly outcome: string;
  readonly at: number;
}

/**
 * Creates an empty history.
 * @param maxRecipients how many recipients of one topic are remembered: the latest ones
 */
export function createSendHistory(clock: Clock, maxRecipients = 1_000): SendHistory {
  const topics = new Map<string, Map<string, readonly SentOutcome[]>>();
  return {
    shouldSend(topic, recipient, outcome) {
      const recipients = topics.get(topic) ?? new Map<string, readonly SentOutcome[]>();
      setNewest(topics, topic, recipients, maxTopics);
      const sent = recipients.get(recipient) ?? [];
      if (sent.at(-1)?.outcome === outcome) return false;
      const now = clock.now();
      const recent = sent.filter(({ at }) => now - at < minuteMs);
      const equal = recent.filter((one) => one.outcome === outcome);
      if (equal.length >= maxEqualPerMinute || recent.length >= maxPerMinute) return false;
      setNewest(recipients, recipient, [...recent, { outcome, at: now }], maxRecipients);
      return true;
    },
    recipients: (topic) => [...(topics.get(topic)?.keys() ?? [])],
    forget: (topic) => void topics.delete(topic),
  };
}

/** Sets an entry as the newest one, and deletes the oldest entries beyond `max`. */
function setNewest<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) break;
    map.delete(oldest);
  }
}
