import { tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import { type Context, Errors, type ServiceSchema } from "moleculer";
import { makeSeason, type Team } from "../data/records.ts";
import { teamFragment } from "./fragment.ts";

const id = { type: "number", integer: true, positive: true } as const;

/** The team service. It keeps its teams in memory. */
export function teamService(api: FragmentInput = teamFragment): ServiceSchema {
  const teams = new Map(makeSeason().teams.map((team) => [team.id, team]));
  return {
    name: "team",
    mixins: [tidegate({ api })],
    actions: {
      list: { params: {}, handler: () => [...teams.values()] },
      get: { params: { id }, handler: ({ params }: Context<{ id: number }>) => teams.get(params.id) ?? null },
      rename: {
        params: { id, name: { type: "string", trim: true, min: 1, max: 80 } },
        handler({ params }: Context<Pick<Team, "id" | "name">>) {
          const team = teams.get(params.id);
          if (team === undefined)
            throw new Errors.MoleculerClientError(`There is no team ${params.id}.`, 404, "TEAM_NOT_FOUND");
          const renamed = { ...team, name: params.name };
          teams.set(team.id, renamed);
          return renamed;
        },
      },
    },
  };
}
