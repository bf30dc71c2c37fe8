import type { FragmentInput } from "@tidegate/core-registry";
import { tidegate } from "@tidegate/service-moleculer";
import { type Context, Errors, type ServiceBroker, type ServiceSchema } from "moleculer";
import { countCalls } from "../actions/count-calls.ts";
import { idOrIds, oneOrMany } from "../actions/one-or-many.ts";
import { type Match, makeSeason } from "../data/season.ts";
import { readPage } from "../page/page.ts";
import { createClock, lastDay, type MatchEvent } from "./clock.ts";
import { matchFragment } from "./fragment.ts";
import { makeTable } from "./table.ts";

interface ListParams {
  readonly teamId?: number;
  readonly limit: number;
  readonly offset: number;
}

interface OfTeamParams {
  readonly teamId: number | readonly number[];
  readonly limit: number;
}

interface Message {
  readonly from: number;
  readonly text: string;
}

const idRule = { type: "number", integer: true, positive: true } as const;
const goalsRule = { type: "number", integer: true, min: 0, max: 99 } as const;
const limitRule = { type: "number", integer: true, min: 1, max: 200, optional: true, default: 20 } as const;
/** The number of messages that are kept. */
const tickerLimit = 50;

/** The environment variable for the duration of a match's minute in milliseconds; 0 stops the clock. */
export const minuteVariable = "TIDEGATE_SOCCER_MINUTE_MS";
const defaultMinuteMs = 1_000;

/**
 * The match service. It keeps matches and received messages in memory, and plays the last day of the season.
 */
export function matchService(api: FragmentInput = matchFragment): ServiceSchema {
  const season = makeSeason();
  const matches = new Map(season.matches.map((match) => [match.id, match]));
  const tick = createClock({ matches, players: season.players });
  const ticker: Message[] = [];
  let timer: NodeJS.Timeout | undefined;

  const find = (id: number): Match => {
    const match = matches.get(id);
    if (match === undefined)
      throw new Errors.MoleculerClientError(`There is no match ${id}.`, 404, "MATCH_NOT_FOUND");
    return match;
  };
  const matchesOf = (teamId: number | undefined): Match[] =>
    [...matches.values()].filter(
      ({ homeId, awayId }) => teamId === undefined || homeId === teamId || awayId === teamId,
    );
  const play = (minutes: number, broker: ServiceBroker): MatchEvent[] => {
    const events = Array.from({ length: minutes }, () => tick()).flat();
    for (const { name, payload } of events) void broker.emit(name, payload);
    return events;
  };

  return {
    name: "match",
    mixins: [tidegate({ api }), countCalls()],
    actions: {
      list: {
        params: {
          teamId: { ...idRule, optional: true },
          limit: limitRule,
          offset: { type: "number", integer: true, min: 0, optional: true, default: 0 },
        },
        handler({ params: { teamId, limit, offset } }: Context<ListParams>) {
          const found = matchesOf(teamId);
          return { total: found.length, matches: found.slice(offset, offset + limit) };
        },
      },
      ofTeam: {
        params: { teamId: idOrIds, limit: limitRule },
        handler: ({ params: { teamId, limit } }: Context<OfTeamParams>) =>
          oneOrMany(teamId, (id) => matchesOf(id).slice(-limit)),
      },
      today: { params: {}, handler: () => lastDay(matches.values()) },
      get: {
        params: { id: idOrIds },
        handler: ({ params }: Context<{ id: number | readonly number[] }>) => oneOrMany(params.id, find),
      },
      table: { params: {}, handler: () => makeTable(matches.values()) },
      ticker: { params: {}, handler: () => ticker },
      score: {
        params: { id: idRule, home: goalsRule, away: goalsRule },
        handler({ params }: Context<{ id: number; home: number; away: number }>) {
          const match: Match = { ...find(params.id), score: [params.home, params.away] };
          matches.set(match.id, match);
          return match;
        },
      },
      clock: {
        params: { minutes: { type: "number", integer: true, min: 1, max: 90, optional: true, default: 1 } },
        handler: ({ params, broker }: Context<{ minutes: number }>) => play(params.minutes, broker),
      },
      page: {
        params: { file: "string" },
        handler: ({ params }: Context<{ file: string }>) => readPage(params.file),
      },
    },
    events: {
      "player.message"({ params }: Context<Message>) {
        ticker.unshift(params);
        ticker.length = Math.min(ticker.length, tickerLimit);
      },
    },
    started() {
      const minuteMs = Number(process.env[minuteVariable] ?? defaultMinuteMs);
      if (minuteMs > 0) timer = setInterval(() => play(1, this.broker), minuteMs);
    },
    stopped() {
      clearInterval(timer);
    },
  };
}
