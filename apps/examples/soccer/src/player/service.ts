import type { FragmentInput } from "@tidegate/core-registry";
import { tidegate } from "@tidegate/service-moleculer";
import { type Context, Errors, type ServiceSchema } from "moleculer";
import { countCalls } from "../actions/count-calls.ts";
import { idOrIds, oneOrMany } from "../actions/one-or-many.ts";
import { makeSeason, type Player, type Position, positions } from "../data/season.ts";
import { playerFragment } from "./fragment.ts";

interface ListParams {
  readonly limit: number;
  readonly offset: number;
  readonly position?: Position;
  readonly teamId?: number;
}

interface SquadParams {
  readonly teamId: number | readonly number[];
  readonly position?: Position;
}

type NewPlayer = Pick<Player, "name" | "position" | "teamId">;

const idRule = { type: "number", integer: true, positive: true } as const;
const nameRule = { type: "string", trim: true, min: 1, max: 80 } as const;
const positionRule = { type: "enum", values: [...positions] } as const;

/** The player service. It keeps its players in memory; a restart restores the original ones. */
export function playerService(api: FragmentInput = playerFragment): ServiceSchema {
  const players = new Map(makeSeason().players.map((player) => [player.id, player]));
  let lastId = players.size;

  const find = (id: number): Player => {
    const player = players.get(id);
    if (player === undefined)
      throw new Errors.MoleculerClientError(`There is no player ${id}.`, 404, "PLAYER_NOT_FOUND");
    return player;
  };

  return {
    name: "player",
    mixins: [tidegate({ api }), countCalls()],
    actions: {
      list: {
        params: {
          limit: { type: "number", integer: true, min: 1, max: 100, optional: true, default: 20 },
          offset: { type: "number", integer: true, min: 0, optional: true, default: 0 },
          position: { ...positionRule, optional: true },
          teamId: { ...idRule, optional: true },
        },
        handler({ params }: Context<ListParams>) {
          const found = [...players.values()].filter(
            (player) =>
              (params.position === undefined || player.position === params.position) &&
              (params.teamId === undefined || player.teamId === params.teamId),
          );
          return { total: found.length, players: found.slice(params.offset, params.offset + params.limit) };
        },
      },
      get: {
        params: { id: idOrIds },
        handler: ({ params }: Context<{ id: number | readonly number[] }>) => oneOrMany(params.id, find),
      },
      squad: {
        params: { teamId: idOrIds, position: { ...positionRule, optional: true } },
        handler: ({ params }: Context<SquadParams>) =>
          oneOrMany(params.teamId, (id) =>
            [...players.values()].filter(
              ({ teamId, position }) => teamId === id && position === (params.position ?? position),
            ),
          ),
      },
      me: { params: { id: idRule }, handler: ({ params }: Context<{ id: number }>) => find(params.id) },
      create: {
        params: { name: nameRule, position: positionRule, teamId: idRule },
        handler({ params }: Context<NewPlayer>) {
          const player = { ...params, id: ++lastId, number: 99 };
          players.set(player.id, player);
          return player;
        },
      },
      update: {
        params: {
          id: idRule,
          name: { ...nameRule, optional: true },
          position: { ...positionRule, optional: true },
        },
        handler({ params }: Context<Partial<NewPlayer> & { id: number }>) {
          const player = { ...find(params.id), ...params };
          players.set(player.id, player);
          return player;
        },
      },
      remove: {
        params: { id: idRule },
        handler({ params }: Context<{ id: number }>) {
          players.delete(find(params.id).id);
          return null;
        },
      },
    },
  };
}
