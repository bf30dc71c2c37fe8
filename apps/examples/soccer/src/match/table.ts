import type { Match } from "../data/records.ts";

/** One line of the season's table. */
export interface TableRow {
  /** The team's id. */
  readonly teamId: number;
  /** How many matches it played, with the one that is on. */
  readonly played: number;
  /** Its goals. */
  readonly scored: number;
  /** The goals against it. */
  readonly conceded: number;
  /** Three for a win, one for a draw. */
  readonly points: number;
}

/** The table after some matches: most points first, then the better difference of goals, more goals, the lower id. */
export function makeTable(matches: Iterable<Match>): TableRow[] {
  const rows = new Map<number, TableRow>();
  const count = (teamId: number, own: number, others: number): void => {
    const { played, scored, conceded, points } = rows.get(teamId) ?? none;
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
    count(homeId, home, away);
    count(awayId, away, home);
  }
  return [...rows.values()].sort(
    (a, b) =>
      b.points - a.points || difference(b) - difference(a) || b.scored - a.scored || a.teamId - b.teamId,
  );
}

const none = { played: 0, scored: 0, conceded: 0, points: 0 };

function difference({ scored, conceded }: TableRow): number {
  return scored - conceded;
}
