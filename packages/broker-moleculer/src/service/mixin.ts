import type { FragmentInput, Report } from "@tidegate/core-registry";
import type { Context, Service, ServiceBroker, ServiceSchema } from "moleculer";
import { announceChanges } from "../patches/announcement.ts";
import { leavingEvent, reportAction } from "../wire/names.ts";
import { cloneTree, publishOnBranch } from "./published-schema.ts";
import { ReportLog } from "./report-log.ts";

/** Options of the mixin. */
export interface TidegateMixinOptions {
  /** The fragment that the service publishes (S1). Default: none. */
  readonly api?: FragmentInput;
  /**
   * The version of the fragment: higher is newer (S9.2), so a number that grows with every build. Default: the environment's
   * `TIDEGATE_REVISION`, else the time at which the process started, in milliseconds since the epoch.
   */
  readonly revision?: number;
  /**
   * The service's branch if its fragment names none. Default: the environment's `TIDEGATE_BRANCH`, else `master`. On another
   * branch than `master` the service is registered as `player~preview`, and only callers that ask for the branch reach it.
   */
  readonly branch?: string;
  /**
   * Whether the service receives events although it is on another branch than `master`. It then receives them in groups of
   * its own, so that it takes none away from other services. Default false.
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
 * It puts `api` and `revision` into the metadata (a fragment over 64 KB is handed out by the action `$api` instead), isolates
 * a service of another branch than `master`, writes the gateways' reports to the service's own log without repetitions, and
 * announces to the gateways at once when services of its node change or leave.
 */
export function tidegate(options: TidegateMixinOptions = {}): Partial<ServiceSchema> {
  const { api, revision, branch, events = false } = options;
  const reportLog = new ReportLog();
  const mixin: Partial<ServiceSchema> & MergedHook = {
    metadata: { ...(api !== undefined && { api: cloneTree(api) }), revision: revision ?? defaultRevision() },
    actions: {
      [reportAction]: {
        visibility: "public",
        handler(this: Service, context: Context<Partial<Report>>) {
          const { table, state } = context.params;
          if (!reportLog.shouldLog(context.params)) return null;
          if (state === "failed") this.logger.error(table);
          else this.logger.info(table);
          return null;
        },
      },
    },
    merged(schema: ServiceSchema) {
      publishOnBranch(schema, { branch: branch ?? (process.env.TIDEGATE_BRANCH || undefined), events });
    },
    created(this: { readonly broker: ServiceBroker }) {
      announceChanges(this.broker);
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
