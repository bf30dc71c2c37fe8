import type { Clock } from "../../contracts/clock.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { ConsoleMessage } from "../../contracts/sandbox.ts";
import { redactText } from "../../runtime/redact.ts";

/** The fragment that an event at runtime belongs to. */
export type RuntimeOwner = Pick<Origin, "service" | "hash">;

/** The errors and console messages of one fragment at runtime. */
export interface RuntimeEvents {
  readonly owner: RuntimeOwner;
  /** Equal findings are listed only once. */
  readonly findings: readonly Finding[];
  readonly console: readonly ConsoleMessage[];
}

/** Collects runtime events by fragment, and reports them coalesced, redacted and rate-limited (S10.2). */
export interface RuntimeReports {
  add(owner: RuntimeOwner, event: Finding | ConsoleMessage): void;
  /** Drops the collected events, and cancels the timers. */
  stop(): void;
}

const collectMs = 1_000;
const repeatAfterMs = 60_000;
/** How many findings and console messages one report has, and how many different findings are remembered. */
const maxEvents = 50;
const maxOwners = 10_000;

interface Collected {
  findings: Finding[];
  console: ConsoleMessage[];
  /** When each finding was reported last. */
  readonly reportedAt: Map<string, number>;
  cancel: (() => void) | undefined;
}

/**
 * @param send receives the events of one fragment at most once a second, and an equal finding at most once a
 * minute
 */
export function createRuntimeReports(clock: Clock, send: (events: RuntimeEvents) => void): RuntimeReports {
  const owners = new Map<string, Collected>();

  const collectedOf = (owner: RuntimeOwner): Collected => {
    const key = `${owner.service} ${owner.hash}`;
    const known = owners.get(key);
    if (known !== undefined) return known;
    const oldest = owners.size >= maxOwners ? owners.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) {
      owners.get(oldest.value)?.cancel?.();
      owners.delete(oldest.value);
    }
    const created: Collected = { findings: [], console: [], reportedAt: new Map(), cancel: undefined };
    owners.set(key, created);
    return created;
  };

  const flush = (owner: RuntimeOwner, collected: Collected): void => {
    const { findings, console } = collected;
    collected.findings = [];
    collected.console = [];
    collected.cancel = undefined;
    send({ owner, findings, console });
  };

  return {
    add(owner, event) {
      const collected = collectedOf(owner);
      if (!collect(collected, event, clock.now())) return;
      collected.cancel ??= clock.after(collectMs, () => flush(owner, collected));
    },
    stop() {
      for (const { cancel } of owners.values()) cancel?.();
      owners.clear();
    },
  };
}

/** @returns whether the event is to be reported */
function collect(collected: Collected, event: Finding | ConsoleMessage, now: number): boolean {
  if (!("severity" in event)) {
    if (collected.console.length >= maxEvents) return false;
    collected.console.push({ ...event, text: redactText(event.text) });
    return true;
  }
  const key = `${event.code} ${event.jsonPath} ${event.message}`;
  if (collected.findings.length >= maxEvents || wasReported(collected.reportedAt, key, now)) return false;
  collected.reportedAt.set(key, now);
  collected.findings.push({ ...event, message: redactText(event.message) });
  return true;
}

// True also when too many findings are remembered: an error whose message always differs counts as one error.
function wasReported(reportedAt: Map<string, number>, key: string, now: number): boolean {
  for (const [other, at] of reportedAt) if (now - at >= repeatAfterMs) reportedAt.delete(other);
  return reportedAt.has(key) || reportedAt.size >= maxEvents;
}
