import type { FragmentInput, Report } from "@tidegate/core-registry";
import type { Context, Service, ServiceBroker, ServiceSchema } from "moleculer";
import { publishOnBranch } from "./branch-schema.ts";
import { leavingEvent } from "./listener.ts";
import { tellGateways } from "./notice.ts";
import { createPrinted } from "./printed.ts";
import { unshared } from "./unshared.ts";

/** What a service says to the gateway. */
export interface TidegateMixinOptions {
  /** The fragment that it publishes (S1). Absent: none. */
  readonly api?: FragmentInput;
  /**
   * Higher is newer (S9.2): a number that grows with every build. Default: the environment's `TIDEGATE_REVISION`, else
   * the time at which the process started, in milliseconds since the epoch.
   */
  readonly revision?: number;
  /**
   * The branch that it is on, where its fragment names none. Default: the environment's `TIDEGATE_BRANCH`, else `master`.
   * On another branch than `master` it is registered as `player~preview` and can only be called by who asks for the branch.
   */
  readonly branch?: string;
  /**
   * Whether it hears events although it is on another branch than `master`: in groups of its own, so that it takes none
   * away from the services of others. Default false.
   */
  readonly events?: boolean;
}

/** A hook that Moleculer's types do not name. */
interface Merged {
  /** Called with the schema of a service before the service is made. */
  merged(schema: ServiceSchema): void;
}

/**
 * A mixin for Moleculer services that publish a fragment: `mixins: [tidegate({ api })]` (S13.1). It puts `api` and
 * `revision` into the metadata (a fragment over 64 KB is handed out by the action `$api` instead), keeps a service of
 * another branch than `master` to itself, prints the gateways' reports to the service's own log, equal ones once, and tells the
 * gateways when services of its node change, and when its own goes in good order.
 */
export function tidegate(options: TidegateMixinOptions = {}): Partial<ServiceSchema> {
  const { api, revision } = options;
  const printed = createPrinted();
  const mixin: Partial<ServiceSchema> & Merged = {
    metadata: { ...(api !== undefined && { api: unshared(api) }), revision: revision ?? defaultRevision() },
    actions: {
      $report: {
        visibility: "public",
        handler(this: Service, context: Context<Partial<Report>>) {
          const { table, state } = context.params;
          if (!printed.isNews(context.params)) return null;
          if (state === "failed") this.logger.error(table);
          else this.logger.info(table);
          return null;
        },
      },
    },
    merged(schema: ServiceSchema) {
      publishOnBranch(schema, {
        branch: options.branch ?? environmentBranch(),
        events: options.events ?? false,
      });
      for (const action of Object.values(schema.actions ?? {}))
        if (typeof action === "object" && action.params !== undefined)
          action.params = unshared(action.params);
    },
    created(this: { readonly broker: ServiceBroker }) {
      tellGateways(this.broker);
    },
    async stopped(this: Service) {
      await this.broker.broadcast(leavingEvent, this.fullName);
    },
  };
  return mixin;
}

function environmentBranch(): string | undefined {
  return process.env.TIDEGATE_BRANCH || undefined;
}

function defaultRevision(): number {
  const built = Number(process.env.TIDEGATE_REVISION);
  return Number.isFinite(built) && built > 0 ? built : Math.round(performance.timeOrigin);
}
