import { expect, test } from "vitest";
import { makeSeason } from "../src/data/records.ts";
import { makeTable } from "../src/match/table.ts";

test("a season is the same for the same seed, and another for another", () => {
  expect(makeSeason(7)).toEqual(makeSeason(7));
  expect(makeSeason(8)).not.toEqual(makeSeason(7));
});

test("every team plays every other one at home once", () => {
  const { teams, matches } = makeSeason();
  const pairs = new Set(matches.map(({ homeId, awayId }) => `${homeId}-${awayId}`));
  expect(pairs.size).toBe(teams.length * (teams.length - 1));
  expect(matches.filter(({ homeId, awayId }) => homeId === awayId)).toEqual([]);
});

test("no team plays twice on a day", () => {
  const { matches } = makeSeason();
  for (const [day, ofDay] of Map.groupBy(matches, ({ date }) => date)) {
    const playing = ofDay.flatMap(({ homeId, awayId }) => [homeId, awayId]);
    expect(new Set(playing).size, day).toBe(playing.length);
  }
});

test("the table counts three points for a win, one for a draw, and goals", () => {
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
