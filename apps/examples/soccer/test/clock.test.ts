import { expect, test } from "vitest";
import { makeSeason } from "../src/data/season.ts";
import { type Clock, createClock, type MatchEvent } from "../src/match/clock.ts";

const { matches: all, players } = makeSeason();
const lastDay = all.filter(({ date }) => date === all.at(-1)?.date).map(({ id }) => id);

const start = (seed?: number) => {
  const matches = new Map(all.map((match) => [match.id, match]));
  return { matches, tick: createClock({ matches, players, ...(seed !== undefined && { seed }) }) };
};
const ticks = (tick: Clock, count: number): MatchEvent[] =>
  Array.from({ length: count }, () => tick()).flat();

test("plays the day from kick-off to full time, and then again", () => {
  const { matches, tick } = start();
  const minutes = () => lastDay.map((id) => matches.get(id)?.minute);
  expect(minutes()).toEqual(lastDay.map(() => undefined));

  expect(tick()).toEqual(
    lastDay.map((matchId) => ({
      name: "match.whistle",
      payload: { matchId, minute: 0, score: [0, 0], period: "kickoff" },
    })),
  );
  ticks(tick, 45);
  expect(minutes()).toEqual(lastDay.map(() => 45));

  const whistles = ticks(tick, 45).filter(({ name }) => name === "match.whistle");
  expect(whistles.map(({ payload }) => payload)).toEqual(
    lastDay.map((matchId) => ({
      matchId,
      minute: 90,
      score: matches.get(matchId)?.score,
      period: "fulltime",
    })),
  );
  expect(minutes()).toEqual(lastDay.map(() => undefined));
  expect(ticks(tick, 10)).toEqual([]);
  expect(tick()).toHaveLength(lastDay.length);
});

test("plays goals and cards, and the scores equal the goals", () => {
  const { matches, tick } = start();
  const events = ticks(tick, 91);
  const count = (name: MatchEvent["name"]) => events.filter((event) => event.name === name).length;
  expect(count("match.goal")).toBeGreaterThan(5);
  expect(count("match.card")).toBeGreaterThan(5);
  for (const id of lastDay) {
    const [home = 0, away = 0] = matches.get(id)?.score ?? [];
    const goals = events.filter(({ name, payload }) => name === "match.goal" && payload.matchId === id);
    expect(goals, `match ${id}`).toHaveLength(home + away);
  }
});

test("the scorer belongs to the team", () => {
  const teams = new Map(players.map(({ id, teamId }) => [id, teamId]));
  for (const { payload } of ticks(start().tick, 91))
    if ("playerId" in payload) expect(teams.get(payload.playerId)).toBe(payload.teamId);
});

test("leaves all other matches unchanged, and keeps a score that was set", () => {
  const { matches, tick } = start();
  tick();
  const [first = 0] = lastDay;
  const match = matches.get(first);
  if (match !== undefined) matches.set(first, { ...match, score: [9, 0] });
  ticks(tick, 90);
  expect(matches.get(first)?.score[0]).toBeGreaterThanOrEqual(9);
  for (const before of all) if (!lastDay.includes(before.id)) expect(matches.get(before.id)).toEqual(before);
});

test("the same seed plays the same events, another seed others", () => {
  expect(ticks(start(7).tick, 91)).toEqual(ticks(start(7).tick, 91));
  expect(ticks(start(8).tick, 91)).not.toEqual(ticks(start(7).tick, 91));
});
