import type { FragmentInput } from "@tidegate/core-registry";
import type { ServiceSchema } from "moleculer";
import { matchFragment } from "./match/fragment.ts";
import { matchService } from "./match/service.ts";
import { playerFragment } from "./player/fragment.ts";
import { playerService } from "./player/service.ts";
import { teamFragment } from "./team/fragment.ts";
import { teamService } from "./team/service.ts";

/** A service of the example. */
export interface SoccerService {
  /** What it publishes. */
  readonly fragment: FragmentInput;
  /** Makes it, with a fragment other than its own where one is given. */
  readonly make: (fragment: FragmentInput) => ServiceSchema;
}

/** The name of a service of the example. */
export type ServiceName = "player" | "team" | "match";

/** The services, by name. */
export const soccerServices: Readonly<Record<ServiceName, SoccerService>> = {
  player: { fragment: playerFragment, make: playerService },
  team: { fragment: teamFragment, make: teamService },
  match: { fragment: matchFragment, make: matchService },
};

/** Their names, in the order in which they are started. */
export const serviceNames: readonly ServiceName[] = ["player", "team", "match"];

/** Whether a text names a service of the example. */
export function isServiceName(text: string | undefined): text is ServiceName {
  return serviceNames.some((name) => name === text);
}
