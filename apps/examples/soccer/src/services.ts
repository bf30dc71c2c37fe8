import type { FragmentInput } from "@tidegate/core-registry";
import type { ServiceSchema } from "moleculer";
import { matchFragment } from "./match/fragment.ts";
import { matchService } from "./match/service.ts";
import { playerFragment } from "./player/fragment.ts";
import { playerService } from "./player/service.ts";
import { teamFragment } from "./team/fragment.ts";
import { teamService } from "./team/service.ts";

/** A service of the demo: its fragment and its implementation. */
export interface SoccerService {
  readonly fragment: FragmentInput;
  readonly create: (fragment: FragmentInput) => ServiceSchema;
}

/** The name of a service of the demo. */
export type ServiceName = "player" | "team" | "match";

/** The services of the demo by name. */
export const soccerServices: Readonly<Record<ServiceName, SoccerService>> = {
  player: { fragment: playerFragment, create: playerService },
  team: { fragment: teamFragment, create: teamService },
  match: { fragment: matchFragment, create: matchService },
};

/** The names of the services, in the order of their start. */
export const serviceNames: readonly ServiceName[] = ["player", "team", "match"];

/** Whether a text is the name of a service. */
export function isServiceName(text: string | undefined): text is ServiceName {
  return serviceNames.some((name) => name === text);
}
