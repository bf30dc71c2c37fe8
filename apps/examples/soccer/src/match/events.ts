/** What every event of a match says. */
export interface Occurrence {
  /** The match's id. */
  readonly matchId: number;
  /** The minute, from 0 to 90. */
  readonly minute: number;
  /** Goals of the home team, goals of the other, after it. */
  readonly score: readonly [home: number, away: number];
}

/** `match.goal`: somebody scored. */
export interface Goal extends Occurrence {
  /** Whose goal it is. */
  readonly teamId: number;
  /** Who scored. */
  readonly playerId: number;
}

/** `match.card`: somebody was shown a card. */
export interface Card extends Occurrence {
  /** Whose player it is. */
  readonly teamId: number;
  /** Who was shown it. */
  readonly playerId: number;
  /** Which. */
  readonly color: "yellow" | "red";
}

/** `match.whistle`: a match began or ended. */
export interface Whistle extends Occurrence {
  /** Which of them. */
  readonly period: "kickoff" | "fulltime";
}

/** An event with its name. */
export type MatchEvent =
  | { readonly name: "match.goal"; readonly payload: Goal }
  | { readonly name: "match.card"; readonly payload: Card }
  | { readonly name: "match.whistle"; readonly payload: Whistle };
