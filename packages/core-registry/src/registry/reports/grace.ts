import type { Clock } from "../../contracts/clock.ts";
import type { Branch, Merge } from "../branches/branch.ts";
import type { Integration } from "../merge/types.ts";
import { combineChanges } from "./combine-reports.ts";
import type { ReportedMerge } from "./integration-report.ts";

/**
 * Holds back reports on fragments that only wait for others (S10.2): a service that starts before the one
 * that it calls is complete a moment later, and its developer needs no report about that moment. What still
 * waits after a second is reported; while it changes, after 3 seconds at the latest. The merges of that time
 * become one report per service.
 */
export interface Grace {
  /** Receives the integrations of one service in one merge, all of its fragments. */
  add(branch: Branch["name"], merge: Merge, integrations: readonly Integration[]): void;
  /** Drops what is held back, and cancels the timers. */
  stop(): void;
}

/** Milliseconds that a fragment can wait before that is reported, since its last change and in all. */
const graceMs = 1_000;
const maxGraceMs = 3_000;

/** Findings that end by themselves when another service arrives. */
const transientCodes: ReadonlySet<string> = new Set(["ACTION_UNKNOWN", "CLAIM_WAITING"]);

interface Held {
  readonly branch: string;
  readonly merge: ReportedMerge;
  readonly integrations: readonly Integration[];
  readonly since: number;
  readonly cancel: () => void;
}

/** @param report receives what is to be reported, with the changes since the last report */
export function createGrace(
  clock: Clock,
  report: (branch: string, merge: ReportedMerge, integrations: readonly Integration[]) => void,
): Grace {
  const held = new Map<string, Held>();

  const flush = (topic: string): void => {
    const known = held.get(topic);
    if (known === undefined) return;
    held.delete(topic);
    report(known.branch, known.merge, known.integrations);
  };

  return {
    add(branch, merge, integrations) {
      const service = integrations[0]?.fragment.service;
      if (service === undefined) return;
      const topic = `${branch} ${service}`;
      const known = held.get(topic);
      known?.cancel();
      const own = merge.changes.filter((change) => change.service === service);
      const combined: ReportedMerge = {
        before: known === undefined ? merge.before : known.merge.before,
        after: merge.after,
        changes: known === undefined ? own : combineChanges(known.merge.changes, own),
      };
      if (!integrations.some(isTransient) || integrations.some(({ state }) => state === "failed")) {
        held.delete(topic);
        report(branch, combined, integrations);
        return;
      }
      const since = known?.since ?? clock.now();
      const delay = Math.max(0, Math.min(graceMs, since + maxGraceMs - clock.now()));
      const cancel = clock.after(delay, () => flush(topic));
      held.set(topic, { branch, merge: combined, integrations, since, cancel });
    },
    stop() {
      for (const { cancel } of held.values()) cancel();
      held.clear();
    },
  };
}

function isTransient({ type, state, findings }: Integration): boolean {
  return type === "merge" && (state === "waiting" || findings.some(({ code }) => transientCodes.has(code)));
}
