import type { Match } from "../data/records.ts";

/** One line of the season's table. */
export interface TableRow {
  /** The team's id. */
  readonly teamId: number;
  /** How many matches it played. */
  readonly played: number;
  /** Three for a win, one for a draw. */
  readonly points: number;
}

/** The table after some matches: most points first, then the lower id. */
export function makeTable(matches: Iterable<Match>): TableRow[] {
  const rows = new Map<number, TableRow>();
  const count = (teamId: number, own: number, others: number): void => {
    const { played, points } = rows.get(teamId) ?? { played: 0, points: 0 };
    rows.set(teamId, {
      teamId,
      played: played + 1,
      points: points + (own > others ? 3 : own === others ? 1 : 0),
    });
  };
  for (const { homeId, awayId, score } of matches) {
    const [home, away] = score;
    count(homeId, home, away);
    count(awayId, away, home);
  }
  return [...rows.values()].sort((a, b) => b.points - a.points || a.teamId - b.teamId);
}
