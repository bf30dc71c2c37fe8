import { type Match, type Player, type Random, seededRandom } from "../data/season.ts";

/** What every event of a match contains. */
export interface MatchEventPayload {
  readonly matchId: number;
  /** The minute of the match, from 0 to 90. */
  readonly minute: number;
  /** The score after the event, which counts a goal. */
  readonly score: readonly [home: number, away: number];
}

/** The payload of `match.goal`: a player scores. */
export interface Goal extends MatchEventPayload {
  readonly teamId: number;
  readonly playerId: number;
}

/** The payload of `match.card`: a player is cautioned or sent off. */
export interface Card extends MatchEventPayload {
  readonly teamId: number;
  readonly playerId: number;
  readonly color: "yellow" | "red";
}

/** The payload of `match.whistle`: a match begins or ends. */
export interface Whistle extends MatchEventPayload {
  readonly period: "kickoff" | "fulltime";
}

/** An event of a match, as Moleculer emits it. */
export type MatchEvent =
  | { readonly name: "match.goal"; readonly payload: Goal }
  | { readonly name: "match.card"; readonly payload: Card }
  | { readonly name: "match.whistle"; readonly payload: Whistle };

/** Plays the next minute of the last day's matches. Returns the events of this minute, in order. */
export type Clock = () => readonly MatchEvent[];

/** Options of `createClock`: the season and a seed. */
export interface ClockOptions {
  /** All matches by id. The clock plays the matches of the last day and updates them in this map. */
  readonly matches: Map<number, Match>;
  readonly players: readonly Player[];
  /** Any integer except 0. The same seed generates the same events. Default 20260530. */
  readonly seed?: number;
}

const lastMinute = 90;
/** Minutes between the end of the matches and the next kick-off. */
const pauseMinutes = 10;
/** Of 1,000 minutes of a match, how many have a goal or a card. */
const goalsPer1000 = 32;
const cardsPer1000 = 38;

/**
 * Plays the last day of the season. The first tick is the kick-off; the matches end after 90 minutes. Ten
 * minutes later the day begins again, with other goals. Before the first tick the matches are unchanged.
 */
export function createClock({ matches, players, seed = 20260530 }: ClockOptions): Clock {
  const random = seededRandom(seed);
  const squads = Map.groupBy(
    players.filter(({ position }) => position !== "goalkeeper"),
    ({ teamId }) => teamId,
  );
  let minute = -1;

  const playMinute = (match: Match): readonly MatchEvent[] => {
    if (minute === 0) {
      const started: Match = { ...match, score: [0, 0], minute };
      matches.set(match.id, started);
      return [whistle(started, minute)];
    }
    const event = randomEvent(match, minute, squads, random);
    const events = event === undefined ? [] : [event];
    const { minute: _, ...played } = { ...match, score: event?.payload.score ?? match.score };
    if (minute < lastMinute) {
      matches.set(match.id, { ...played, minute });
      return events;
    }
    matches.set(match.id, played);
    return [...events, whistle(played, minute)];
  };

  return () => {
    minute = minute === lastMinute + pauseMinutes ? 0 : minute + 1;
    if (minute > lastMinute) return [];
    return lastDay(matches.values()).flatMap(playMinute);
  };
}

/** The matches of the last day. @param matches in the order of their dates */
export function lastDay(matches: Iterable<Match>): Match[] {
  const all = [...matches];
  return all.filter(({ date }) => date === all.at(-1)?.date);
}

function whistle({ id: matchId, score }: Match, minute: number): MatchEvent {
  const period = minute === 0 ? "kickoff" : "fulltime";
  return { name: "match.whistle", payload: { matchId, minute, score, period } };
}

function randomEvent(
  { id: matchId, homeId, awayId, score }: Match,
  minute: number,
  squads: ReadonlyMap<number, readonly Player[]>,
  random: Random,
): MatchEvent | undefined {
  const chance = random.integer(1, 1_000);
  if (chance > goalsPer1000 + cardsPer1000) return undefined;
  const teamId = random.pick([homeId, awayId]);
  const { id: playerId } = random.pick(squads.get(teamId) ?? []);
  const common = { matchId, minute, teamId, playerId };
  if (chance > goalsPer1000) {
    const color = random.integer(1, 8) === 1 ? "red" : "yellow";
    return { name: "match.card", payload: { ...common, score, color } };
  }
  const [home, away] = score;
  return {
    name: "match.goal",
    payload: { ...common, score: teamId === homeId ? [home + 1, away] : [home, away + 1] },
  };
}
