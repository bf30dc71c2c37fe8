import type { FragmentInput, Report } from "@tidegate/fragment";
import type { Context, Service, ServiceSchema } from "moleculer";
import { announceChanges } from "../patches/announcement.ts";
import { maxFragmentBytes, tooLargeText } from "../wire/metadata.ts";
import { leavingEvent, reportAction } from "../wire/names.ts";
import { objectOrEmpty } from "../wire/values.ts";
import { cloneTree, publishOnBranch } from "./published-schema.ts";
import { callerPlace, withPlaces } from "./report-places.ts";

/** What a service publishes, and on which branch. */
export interface TidegateMixinOptions {
  /** The fragment that the service publishes (S1). Default: none. */
  readonly api?: FragmentInput;
  /**
   * The version of the fragment: higher is newer (S9.2), so a number that grows with every build. Default:
   * the environment's `TIDEGATE_REVISION`, else the time at which the process started, in milliseconds since
   * the epoch.
   */
  readonly revision?: number;
  /**
   * The service's branch if its fragment names none. Default: the environment's `TIDEGATE_BRANCH`, else
   * `master`. On another branch than `master` the service is registered as `player~preview`, and only callers
   * that ask for the branch reach it.
   */
  readonly branch?: string;
  /**
   * Whether the service receives events although it is on another branch than `master`. It then receives them
   * in groups of its own, so that it takes none away from other services. Default false.
   */
  readonly events?: boolean;
}

/** A hook that Moleculer's types do not declare. */
interface MergedHook {
  /** Called with the merged schema of a service before the service is created. */
  merged(schema: ServiceSchema): void;
}

/**
 * Returns a mixin for Moleculer services that publish a fragment: `mixins: [tidegate({ api })]` (S13.1).
 *
 * It puts `api` and `revision` into the metadata (a fragment over 64 KB is handed out by the action `$api`
 * instead), isolates a service of another branch than `master`, writes the gateways' reports to the service's
 * own log without repetitions and with the places in its source, and announces to the gateways at once when
 * services of its node change or leave.
 */
export function tidegate(options: TidegateMixinOptions = {}): Partial<ServiceSchema> {
  const { api, revision, branch, events = false } = options;
  const reportLog = new ReportLog();
  const definedAt = callerPlace(tidegate);
  const mixin: Partial<ServiceSchema> & MergedHook = {
    metadata: { ...(api !== undefined && { api: cloneTree(api) }), revision: revision ?? defaultRevision() },
    actions: {
      [reportAction]: {
        visibility: "public",
        async handler(this: Service, context: Context<Partial<Report>>) {
          if (!reportLog.shouldLog(context.params)) return null;
          const text = await withPlaces(context.params, definedAt);
          if (context.params.state === "failed") this.logger.error(text);
          else this.logger.info(text);
          return null;
        },
      },
    },
    merged(schema: ServiceSchema) {
      publishOnBranch(schema, { branch: branch ?? (process.env.TIDEGATE_BRANCH || undefined), events });
    },
    created(this: Service) {
      announceChanges(this.broker);
      const { tidegate: own } = objectOrEmpty(this.schema.metadata);
      const { bytes } = objectOrEmpty(objectOrEmpty(own).api);
      if (typeof bytes === "number" && bytes > maxFragmentBytes) this.logger.error(tooLargeText(bytes));
    },
    async stopped(this: Service) {
      await this.broker.broadcast(leavingEvent, this.fullName);
    },
  };
  return mixin;
}

function defaultRevision(): number {
  const revision = Number(process.env.TIDEGATE_REVISION);
  return Number.isFinite(revision) && revision > 0 ? revision : Math.round(performance.timeOrigin);
}

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
 * Decides which reports a service logs. All gateways send the same reports, each in its own time, so the
 * report of another gateway within half a minute is a repetition. If one gateway sends a report again after a
 * different one, that is a change: the fault is fixed. The memory is bounded.
 */
export class ReportLog {
  readonly #now: () => number;
  /** By service, branch, and whether the report is about run time; the oldest first. */
  readonly #subjects = new Map<string, LoggedReport[]>();

  /** @param now returns milliseconds. Default: `Date.now` */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Whether to log a report, which then counts as logged. The report comes from another node and is not
   * checked.
   */
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
