const linesAround = 2;
const widest = 160;

/**
 * The lines around a place in a text, numbered, with a mark under the column.
 * Long lines are cut around the place, so that a minified function stays readable.
 *
 * @param text the whole text
 * @param line from 1
 * @param column from 1
 */
export function codeFrame(text: string, line: number, column: number): string {
  return linesFrame(text.split(/\r\n|\n|\r/), line, column);
}

/** The same for a text that is in lines already. */
export function linesFrame(lines: readonly string[], line: number, column: number): string {
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const width = String(last).length;
  const shift = column > widest - 20 ? column - Math.floor(widest / 2) : 0;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const shown = (lines[number - 1] ?? "").slice(shift, shift + widest).replaceAll("\t", " ");
    frame.push(`${number === line ? ">" : " "} ${String(number).padStart(width)} | ${shown}`.trimEnd());
    if (number === line)
      frame.push(`  ${" ".repeat(width)} | ${" ".repeat(Math.max(0, column - 1 - shift))}^`);
  }
  return frame.join("\n");
}
