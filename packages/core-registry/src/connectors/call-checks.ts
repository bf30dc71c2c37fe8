import type { CallConfig } from "../contracts/connector.ts";
import { actionNameProblem } from "./event-name.ts";
import type { CompiledParams } from "./params/params.ts";
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
    tools.addFinding({ severity: "error", code: "ACTION_NAME_INVALID", message: problem, ...place });
  }
}

/**
 * The names of the params that travel in batches, sorted: those with `[]` and those of `batchedParams` (S5.4). Tells what
 * is wrong with them.
 */
export function checkBatching(
  config: CallConfig,
  places: CallPlaces,
  { tools, options }: ConnectorPlan,
  params: Pick<CompiledParams, "batched" | "implicit">,
): readonly string[] {
  const named = config.batchedParams ?? [];
  const found = (member: string, message: string): void =>
    tools.addFinding({
      severity: "error",
      code: "BATCHING_INVALID",
      jsonPath: `${places.members}.${member}`,
      message,
    });
  if (named.length > 0 && !options.batching)
    found("batchedParams", "Calls are batched in GraphQL, and nowhere else.");
  const mapped = config.params ?? {};
  for (const [index, name] of named.entries()) {
    if (params.implicit || (isRecord(mapped) && Object.hasOwn(mapped, name))) continue;
    found(`batchedParams[${index}]`, `\`params\` maps no \`${name}\`.`);
  }
  return [...new Set([...params.batched, ...named])].sort();
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
