import type { Measured } from "./run.ts";

const headings = [
  "work",
  "who",
  "requests/s",
  "ours/theirs",
  "CPU µs/request",
  "ours/theirs",
  "p50 ms",
  "p99 ms",
];

/**
 * The results as a table for a terminal.
 * @param ours the name of our contender, which ratios divide by the others
 */
export function tableOf(measured: readonly Measured[], ours: string): string {
  const rows = measured.map((each) => {
    const own = measured.find(({ work, who }) => work === each.work && who === ours) ?? each;
    return [
      each.work,
      each.who,
      Math.round(each.rate).toLocaleString("en-US"),
      (own.rate / each.rate).toFixed(2),
      each.cpu.toFixed(1),
      (own.cpu / each.cpu).toFixed(2),
      each.p50.toFixed(2),
      each.p99.toFixed(2),
    ];
  });
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [headings, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}
