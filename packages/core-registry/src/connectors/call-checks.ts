import type { CallConfig } from "../contracts/connector.ts";
import { actionNameProblem } from "./event-name.ts";
import type { ConnectorPlan } from "./tools.ts";

/** Where the members of a `call` stand: they differ in the short forms (S2.2). */
export interface CallPlaces {
  /** The connector. */
  readonly self: string;
  /** Its action's name. */
  readonly action: string;
  /** What its other members begin with. */
  readonly members: string;
}

/** Checks the action's name (S2.4). Whether there is such an action is for the registry to say, again and again. */
export function checkAction(config: CallConfig, places: CallPlaces, { tools }: ConnectorPlan): void {
  const place = { jsonPath: places.action, found: config.action };
  const problem = actionNameProblem(config.action);
  if (problem !== undefined) {
    tools.found({ severity: "error", code: "ACTION_NAME_INVALID", message: problem, ...place });
  }
}

/** Refuses `[]` and `batchedParams` where calls are not batched (S5.4). */
export function checkBatching(
  config: CallConfig,
  places: CallPlaces,
  { tools, options }: ConnectorPlan,
  batched: ReadonlySet<string>,
): void {
  const named = config.batchedParams ?? [];
  if (named.length === 0 && batched.size === 0) return;
  tools.found({
    severity: "error",
    code: options.batching ? "BATCHING_MISSING" : "BATCHING_INVALID",
    jsonPath: named.length > 0 ? `${places.members}.batchedParams` : `${places.members}.params`,
    message: options.batching
      ? "This gateway does not call in batches yet."
      : "Calls are batched in GraphQL, and nowhere else.",
  });
}
