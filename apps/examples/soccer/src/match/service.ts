import { tidegate } from "@tidegate/broker-moleculer";
import type { FragmentInput } from "@tidegate/core-registry";
import { type Context, Errors, type ServiceBroker, type ServiceSchema } from "moleculer";
import { countCalls } from "../actions/count-calls.ts";
import { idOrIds, oneOrMany } from "../actions/one-or-many.ts";
import { type Match, makeSeason } from "../data/records.ts";
import { readPage } from "../page/files.ts";
import { createClock, lastDay } from "./clock.ts";
import type { MatchEvent } from "./events.ts";
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

const id = { type: "number", integer: true, positive: true } as const;
const goals = { type: "number", integer: true, min: 0, max: 99 } as const;
const limit = { type: "number", integer: true, min: 1, max: 200, optional: true, default: 20 } as const;
/** Messages beyond this many are forgotten, the oldest first. */
const tickerLimit = 50;

/** The environment's variable that says how many milliseconds a minute of a match takes; 0: it stands still. */
export const minuteVariable = "TIDEGATE_SOCCER_MINUTE_MS";
const defaultMinuteMs = 1_000;

/** The match service. It keeps its matches, and the messages that it hears, in memory, and plays the last day of the season. */
export function matchService(api: FragmentInput = matchFragment): ServiceSchema {
  const season = makeSeason();
  const matches = new Map(season.matches.map((match) => [match.id, match]));
  const tick = createClock({ matches, players: season.players });
  const ticker: Message[] = [];
  let timer: NodeJS.Timeout | undefined;

  const find = (wanted: number): Match => {
    const match = matches.get(wanted);
    if (match === undefined)
      throw new Errors.MoleculerClientError(`There is no match ${wanted}.`, 404, "MATCH_NOT_FOUND");
    return match;
  };
  const ofTeam = (teamId: number | undefined): Match[] =>
    [...matches.values()].filter(
      ({ homeId, awayId }) => teamId === undefined || homeId === teamId || awayId === teamId,
    );
  const pass = (minutes: number, broker: ServiceBroker): MatchEvent[] => {
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
          teamId: { ...id, optional: true },
          limit,
          offset: { type: "number", integer: true, min: 0, optional: true, default: 0 },
        },
        handler({ params: { teamId, limit, offset } }: Context<ListParams>) {
          const fits = ofTeam(teamId);
          return { total: fits.length, matches: fits.slice(offset, offset + limit) };
        },
      },
      ofTeam: {
        params: { teamId: idOrIds, limit },
        handler: ({ params: { teamId, limit } }: Context<OfTeamParams>) =>
          oneOrMany(teamId, (wanted) => ofTeam(wanted).slice(-limit)),
      },
      today: { params: {}, handler: () => lastDay(matches.values()) },
      get: {
        params: { id: idOrIds },
        handler: ({ params }: Context<{ id: number | readonly number[] }>) => oneOrMany(params.id, find),
      },
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
      clock: {
        params: { minutes: { type: "number", integer: true, min: 1, max: 90, optional: true, default: 1 } },
        handler: ({ params, broker }: Context<{ minutes: number }>) => pass(params.minutes, broker),
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
      if (minuteMs > 0) timer = setInterval(() => pass(1, this.broker), minuteMs);
    },
    stopped() {
      clearInterval(timer);
    },
  };
}
