import { expect, test } from "vitest";
import { makeSeason } from "../src/data/season.ts";
import { makeTable } from "../src/match/table.ts";

test("the same seed makes the same season, another seed another one", () => {
  expect(makeSeason(7)).toEqual(makeSeason(7));
  expect(makeSeason(8)).not.toEqual(makeSeason(7));
});

test("every team plays once at home against every other team", () => {
  const { teams, matches } = makeSeason();
  const pairs = new Set(matches.map(({ homeId, awayId }) => `${homeId}-${awayId}`));
  expect(pairs.size).toBe(teams.length * (teams.length - 1));
  expect(matches.filter(({ homeId, awayId }) => homeId === awayId)).toEqual([]);
});

test("no team plays twice on the same day", () => {
  const { matches } = makeSeason();
  for (const [day, matchesOfDay] of Map.groupBy(matches, ({ date }) => date)) {
    const playing = matchesOfDay.flatMap(({ homeId, awayId }) => [homeId, awayId]);
    expect(new Set(playing).size, day).toBe(playing.length);
  }
});

test("the table counts points and goals: three for a win, one for a draw", () => {
  const match = { id: 1, date: "2026-01-03", homeId: 1, awayId: 2 };
  expect(
    makeTable([
      { ...match, score: [1, 1] },
      { ...match, score: [0, 2] },
    ]),
  ).toEqual([
    { teamId: 2, played: 2, scored: 3, conceded: 1, points: 4 },
    { teamId: 1, played: 2, scored: 1, conceded: 3, points: 1 },
  ]);
});
