import type { Report } from "@tidegate/core-registry";

/** Milliseconds in which the same report of another gateway counts as a repetition. */
const repetitionWindow = 30_000;

const maxReportsPerSubject = 50;
const maxSubjects = 100;

interface LoggedReport {
  readonly table: string;
  readonly at: number;
  /** The gateways that sent the report. */
  readonly gateways: Set<unknown>;
}

/**
 * Decides which reports a service logs. All gateways send the same reports, each in its own time, so the report of another
 * gateway within half a minute is a repetition. If one gateway sends a report again after a different one, that is a change:
 * the fault is fixed. The memory is bounded.
 */
export class ReportLog {
  readonly #now: () => number;
  /** By service, branch, and whether the report is about run time; the oldest first. */
  readonly #subjects = new Map<string, LoggedReport[]>();

  /** @param now returns milliseconds. Default: `Date.now` */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether to log a report, which then counts as logged. The report comes from another node and is not checked. */
  shouldLog({ gateway, service, branch, occasion, table }: Partial<Report>): boolean {
    if (typeof table !== "string") return false;
    const logged = this.#loggedOf(JSON.stringify([service, branch, occasion === "runtime"]));
    const lastOfGateway = logged.findLastIndex(({ gateways }) => gateways.has(gateway));
    const windowStart = this.#now() - repetitionWindow;
    // The last report describes the present state, so it counts however old it is.
    const repeated = logged.find(
      (report, index) =>
        report.table === table &&
        index >= lastOfGateway &&
        (report.at >= windowStart || index === logged.length - 1),
    );
    if (repeated !== undefined) {
      repeated.gateways.add(gateway);
      return false;
    }
    logged.push({ table, at: this.#now(), gateways: new Set([gateway]) });
    if (logged.length > maxReportsPerSubject) logged.shift();
    return true;
  }

  #loggedOf(subject: string): LoggedReport[] {
    const logged = this.#subjects.get(subject) ?? [];
    this.#subjects.delete(subject);
    this.#subjects.set(subject, logged);
    const [oldest] = this.#subjects.keys();
    if (this.#subjects.size > maxSubjects && oldest !== undefined) this.#subjects.delete(oldest);
    return logged;
  }
}
