import type { FragmentInput } from "@tidegate/core-registry";
import { tidegate } from "@tidegate/service-moleculer";
import { type Context, Errors, type ServiceSchema } from "moleculer";
import { countCalls } from "../actions/count-calls.ts";
import { idOrIds, oneOrMany } from "../actions/one-or-many.ts";
import { makeSeason, type Team } from "../data/season.ts";
import { teamFragment } from "./fragment.ts";

const idRule = { type: "number", integer: true, positive: true } as const;

/** The team service. It keeps its teams in memory. */
export function teamService(api: FragmentInput = teamFragment): ServiceSchema {
  const teams = new Map(makeSeason().teams.map((team) => [team.id, team]));
  const find = (id: number): Team => {
    const team = teams.get(id);
    if (team === undefined)
      throw new Errors.MoleculerClientError(`There is no team ${id}.`, 404, "TEAM_NOT_FOUND");
    return team;
  };

  return {
    name: "team",
    mixins: [tidegate({ api }), countCalls()],
    actions: {
      list: { params: {}, handler: () => [...teams.values()] },
      get: {
        params: { id: idOrIds },
        // A single unknown id answers null; an unknown id in a batch is a failed entry.
        handler: ({ params }: Context<{ id: number | readonly number[] }>) =>
          typeof params.id === "number" ? (teams.get(params.id) ?? null) : oneOrMany(params.id, find),
      },
      rename: {
        params: { id: idRule, name: { type: "string", trim: true, min: 1, max: 80 } },
        handler({ params }: Context<Pick<Team, "id" | "name">>) {
          const renamed = { ...find(params.id), name: params.name };
          teams.set(renamed.id, renamed);
          return renamed;
        },
      },
    },
  };
}
