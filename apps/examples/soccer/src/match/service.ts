import { tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import { type Context, Errors, type ServiceSchema } from "moleculer";
import { type Match, makeSeason } from "../data/records.ts";
import { matchFragment } from "./fragment.ts";
import { makeTable } from "./table.ts";

interface ListParams {
  readonly teamId?: number;
  readonly limit: number;
  readonly offset: number;
}

interface Message {
  readonly from: number;
  readonly text: string;
}

const id = { type: "number", integer: true, positive: true } as const;
const goals = { type: "number", integer: true, min: 0, max: 99 } as const;
/** Messages beyond this many are forgotten, the oldest first. */
const tickerLimit = 50;

/** The match service. It keeps its matches, and the messages that it hears, in memory. */
export function matchService(api: FragmentInput = matchFragment): ServiceSchema {
  const matches = new Map(makeSeason().matches.map((match) => [match.id, match]));
  const ticker: Message[] = [];

  const find = (wanted: number): Match => {
    const match = matches.get(wanted);
    if (match === undefined)
      throw new Errors.MoleculerClientError(`There is no match ${wanted}.`, 404, "MATCH_NOT_FOUND");
    return match;
  };

  return {
    name: "match",
    mixins: [tidegate({ api })],
    actions: {
      list: {
        params: {
          teamId: { ...id, optional: true },
          limit: { type: "number", integer: true, min: 1, max: 200, optional: true, default: 20 },
          offset: { type: "number", integer: true, min: 0, optional: true, default: 0 },
        },
        handler({ params: { teamId, limit, offset } }: Context<ListParams>) {
          const fits = [...matches.values()].filter(
            ({ homeId, awayId }) => teamId === undefined || homeId === teamId || awayId === teamId,
          );
          return { total: fits.length, matches: fits.slice(offset, offset + limit) };
        },
      },
      get: { params: { id }, handler: ({ params }: Context<{ id: number }>) => find(params.id) },
      table: { params: {}, handler: () => makeTable(matches.values()) },
      ticker: { params: {}, handler: () => ticker },
      score: {
        params: { id, home: goals, away: goals },
        handler({ params }: Context<{ id: number; home: number; away: number }>) {
          const match: Match = { ...find(params.id), score: [params.home, params.away] };
          matches.set(match.id, match);
          return match;
        },
      },
    },
    events: {
      "player.message"({ params }: Context<Message>) {
        ticker.unshift(params);
        ticker.length = Math.min(ticker.length, tickerLimit);
      },
    },
  };
}
