import type { Match } from "../data/season.ts";

/** A row of the league table. */
export interface TableRow {
  readonly teamId: number;
  /** The number of matches, including the one that is being played. */
  readonly played: number;
  readonly scored: number;
  readonly conceded: number;
  /** Three for a win, one for a draw. */
  readonly points: number;
}

const emptyRow = { played: 0, scored: 0, conceded: 0, points: 0 };

/** The table after the matches, ordered by points, goal difference, goals and id. */
export function makeTable(matches: Iterable<Match>): TableRow[] {
  const rows = new Map<number, TableRow>();
  const addResult = (teamId: number, own: number, others: number): void => {
    const { played, scored, conceded, points } = rows.get(teamId) ?? emptyRow;
    rows.set(teamId, {
      teamId,
      played: played + 1,
      scored: scored + own,
      conceded: conceded + others,
      points: points + (own > others ? 3 : own === others ? 1 : 0),
    });
  };
  for (const { homeId, awayId, score } of matches) {
    const [home, away] = score;
    addResult(homeId, home, away);
    addResult(awayId, away, home);
  }
  return [...rows.values()].sort(
    (a, b) =>
      b.points - a.points || difference(b) - difference(a) || b.scored - a.scored || a.teamId - b.teamId,
  );
}

function difference({ scored, conceded }: TableRow): number {
  return scored - conceded;
}
