import type { Figure, FigureResult } from "./figure.ts";
import { median } from "./median.ts";

/** What several rounds gave, as one: of each figure the median. */
export function mediansOf(rounds: readonly (readonly Figure[])[]): Figure[] {
  const groups = Map.groupBy(rounds.flat(), ({ work, who, what }) => `${work}\n${who}\n${what}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, value: median(same.map(({ value }) => value)) }];
  });
}

/** What is written to a file. */
export function figureResults(figures: readonly Figure[]): FigureResult[] {
  return figures.map(({ work, who, what, value, unit, aim }) => ({
    work: `${work} ${what}`,
    who,
    value: Number(value.toFixed(3)),
    unit,
    ratio: aim === undefined ? null : Number((aim / value).toFixed(3)),
  }));
}

const headings = ["work", "who", "what", "value", "", "aim"];

/** Figures beside their aims, for a terminal. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ work, who, what, value, unit, aim }) => [
    work,
    who,
    what,
    value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 }),
    unit,
    aim === undefined ? "" : `aim ${aim} ${unit}${value > aim ? ", missed" : ""}`,
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
