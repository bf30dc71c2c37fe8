import { type Random, seededRandom } from "../data/random.ts";
import type { Match, Player } from "../data/records.ts";
import type { MatchEvent } from "./events.ts";

/** Lets a minute of the last day's matches pass, and tells what happened in it, in order. */
export type Clock = () => readonly MatchEvent[];

/** What a clock plays. */
export interface ClockOptions {
  /** All matches, by id. The clock plays those of the last day, and keeps their scores here. */
  readonly matches: Map<number, Match>;
  /** Players of all their teams. */
  readonly players: readonly Player[];
  /** Any whole number but 0: the same events for the same seed. Default 20260530. */
  readonly seed?: number;
}

const lastMinute = 90;
/** Minutes between the last whistle and the next kick-off. */
const pause = 10;
/** Of 1,000 minutes of a match, how many bring a goal, and how many a card. */
const goalsIn1000 = 32;
const cardsIn1000 = 38;

/**
 * Plays the season's last day: kick-off with the first tick, the last whistle after 90 minutes, and ten minutes later
 * all of it once more, with other goals. Until the kick-off its matches stand as they were given.
 */
export function createClock({ matches, players, seed = 20260530 }: ClockOptions): Clock {
  const random = seededRandom(seed);
  const squads = Map.groupBy(
    players.filter(({ position }) => position !== "goalkeeper"),
    ({ teamId }) => teamId,
  );
  let minute = -1;

  const stand = (match: Match): Match => {
    matches.set(match.id, match);
    return match;
  };
  const play = (match: Match): readonly MatchEvent[] => {
    if (minute === 0) return [whistle(stand({ ...match, score: [0, 0], minute }), minute)];
    const event = happening(match, minute, squads, random);
    const after = { ...match, score: event?.payload.score ?? match.score };
    const events = event === undefined ? [] : [event];
    if (minute < lastMinute) {
      stand({ ...after, minute });
      return events;
    }
    const { minute: _, ...played } = after;
    return [...events, whistle(stand(played), minute)];
  };

  return () => {
    minute = minute === lastMinute + pause ? 0 : minute + 1;
    if (minute > lastMinute) return [];
    return lastDay(matches.values()).flatMap(play);
  };
}

/** The matches of the last day, of matches in order of date. */
export function lastDay(matches: Iterable<Match>): Match[] {
  const all = [...matches];
  return all.filter(({ date }) => date === all.at(-1)?.date);
}

function whistle({ id: matchId, score }: Match, minute: number): MatchEvent {
  const period = minute === 0 ? "kickoff" : "fulltime";
  return { name: "match.whistle", payload: { matchId, minute, score, period } };
}

function happening(
  { id: matchId, homeId, awayId, score }: Match,
  minute: number,
  squads: ReadonlyMap<number, readonly Player[]>,
  random: Random,
): MatchEvent | undefined {
  const chance = random.whole(1, 1_000);
  if (chance > goalsIn1000 + cardsIn1000) return undefined;
  const teamId = random.pick([homeId, awayId]);
  const { id: playerId } = random.pick(squads.get(teamId) ?? []);
  const who = { matchId, minute, teamId, playerId };
  if (chance > goalsIn1000) {
    const color = random.whole(1, 8) === 1 ? "red" : "yellow";
    return { name: "match.card", payload: { ...who, score, color } };
  }
  const [home, away] = score;
  return {
    name: "match.goal",
    payload: { ...who, score: teamId === homeId ? [home + 1, away] : [home, away + 1] },
  };
}
