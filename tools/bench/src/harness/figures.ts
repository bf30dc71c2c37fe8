import { median } from "./statistics.ts";

/** A result of a benchmark that has a target instead of a contender. */
export interface Figure {
  readonly work: string;
  readonly who: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The highest acceptable value. Absent if there is no target. */
  readonly target?: number;
}

/** A figure in the JSON file. */
export interface FigureResult {
  /** The names of the work and of the figure: `n-100 change p99`. */
  readonly work: string;
  readonly who: string;
  readonly value: number;
  readonly unit: string;
  /** The target divided by the value: above 1, the target is met. Null without a target. */
  readonly ratio: number | null;
}

/** Combines several rounds: the median of each figure. */
export function mediansOf(rounds: readonly (readonly Figure[])[]): Figure[] {
  const groups = Map.groupBy(rounds.flat(), ({ work, who, what }) => `${work}\n${who}\n${what}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, value: median(same.map(({ value }) => value)) }];
  });
}

/** The figures for the JSON file. */
export function figureResults(figures: readonly Figure[]): FigureResult[] {
  return figures.map(({ work, who, what, value, unit, target }) => ({
    work: `${work} ${what}`,
    who,
    value: Number(value.toFixed(3)),
    unit,
    ratio: target === undefined ? null : Number((target / value).toFixed(3)),
  }));
}

const headings = ["work", "who", "what", "value", "", "target"];

/** The figures with their targets as a table for a terminal. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ work, who, what, value, unit, target }) => [
    work,
    who,
    what,
    value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 }),
    unit,
    target === undefined ? "" : `target ${target} ${unit}${value > target ? ", missed" : ""}`,
  ]);
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 3 ? cell.padStart(widths[3] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
