import type { Clock } from "../../contracts/clock.ts";
import type { Finding, Origin } from "../../contracts/report.ts";
import type { ConsoleMessage } from "../../contracts/sandbox.ts";
import { redactText } from "../../runtime/redact.ts";

/** What happened in one fragment while it was served, collected. */
export interface Happenings {
  /** Whose. */
  readonly owner: Pick<Origin, "service" | "hash">;
  /** What went wrong, equal ones once. */
  readonly findings: readonly Finding[];
  /** What its functions wrote. */
  readonly console: readonly ConsoleMessage[];
}

/** Collects what happens while fragments are served, and hands it on coalesced, bounded and rate-limited (S10.2). */
export interface RuntimeReports {
  /** Takes one thing. */
  happened(owner: Pick<Origin, "service" | "hash">, event: Finding | ConsoleMessage): void;
  /** Drops what was collected and stops its timers. */
  stop(): void;
}

const collectMs = 1_000;
const againMs = 60_000;
const mostEach = 50;
const mostOwners = 10_000;

interface Collected {
  findings: Finding[];
  console: ConsoleMessage[];
  readonly told: Map<string, number>;
  cancel: (() => void) | undefined;
}

/** @param send is given what one fragment has collected, once a second at the most; an equal finding once a minute */
export function runtimeReports(clock: Clock, send: (happenings: Happenings) => void): RuntimeReports {
  const owners = new Map<string, Collected>();

  const collectedOf = (owner: Pick<Origin, "service" | "hash">): Collected => {
    const key = `${owner.service} ${owner.hash}`;
    const known = owners.get(key);
    if (known !== undefined) return known;
    const oldest = owners.size >= mostOwners ? owners.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) {
      owners.get(oldest.value)?.cancel?.();
      owners.delete(oldest.value);
    }
    const made: Collected = { findings: [], console: [], told: new Map(), cancel: undefined };
    owners.set(key, made);
    return made;
  };

  const flush = (owner: Pick<Origin, "service" | "hash">, collected: Collected): void => {
    const { findings, console } = collected;
    collected.findings = [];
    collected.console = [];
    collected.cancel = undefined;
    send({ owner, findings, console });
  };

  return {
    happened(owner, event) {
      const collected = collectedOf(owner);
      if (!take(collected, event, clock.now())) return;
      collected.cancel ??= clock.after(collectMs, () => flush(owner, collected));
    },
    stop() {
      for (const { cancel } of owners.values()) cancel?.();
      owners.clear();
    },
  };
}

function take(collected: Collected, event: Finding | ConsoleMessage, now: number): boolean {
  if (!("severity" in event)) {
    if (collected.console.length >= mostEach) return false;
    collected.console.push({ ...event, text: redactText(event.text) });
    return true;
  }
  const text = `${event.code} ${event.jsonPath} ${event.message}`;
  if (collected.findings.length >= mostEach || wasTold(collected.told, text, now)) return false;
  collected.told.set(text, now);
  collected.findings.push({ ...event, message: redactText(event.message) });
  return true;
}

// Full of what is not old yet counts as told: a fault with an endless choice of words is one fault.
function wasTold(told: Map<string, number>, text: string, now: number): boolean {
  for (const [other, at] of told) if (now - at >= againMs) told.delete(other);
  return told.has(text) || told.size >= mostEach;
}
