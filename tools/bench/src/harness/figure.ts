/** One figure of a benchmark that has an aim instead of a peer. */
export interface Figure {
  /** The work's name: `n-100`. */
  readonly work: string;
  /** Whose: `tidegate`. */
  readonly who: string;
  /** What was measured: `change p99`. */
  readonly what: string;
  /** How much. */
  readonly value: number;
  /** Of what: `ms`. */
  readonly unit: string;
  /** What it should be at most. Absent: nobody said. */
  readonly aim?: number;
}

/** One figure, as it is written to a file. */
export interface FigureResult {
  /** The work's name and what was measured: `n-100 change p99`. */
  readonly work: string;
  /** Whose. */
  readonly who: string;
  /** How much. */
  readonly value: number;
  /** Of what. */
  readonly unit: string;
  /** The aim to the figure: above 1, it is better than it should be. Null where there is no aim. */
  readonly ratio: number | null;
}
