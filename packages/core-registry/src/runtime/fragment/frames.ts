const maxDepth = 64;
const maxTextLength = 120;

/** A place to find while the fragment is printed. */
interface Target {
  readonly keys: readonly string[];
  /** The line of the place, from 1; of its nearest existing parent where the place does not exist. */
  line: number;
  /** The column of the place, from 1. */
  column: number;
}

/**
 * Shows places of a fragment to its developer: the lines around each place in the indented JSON, with a mark
 * below it. The lines have no numbers, because they are not those of the file that defines the fragment.
 *
 * @param raw the fragment, which is printed once for all places
 * @param paths JSON paths such as `protocol.REST.routes[2].call`; a place that does not exist is shown at its
 * parent
 * @returns a frame for each path
 */
export function jsonFrames(raw: unknown, paths: readonly string[]): string[] {
  const lines = [""];
  const targets = paths.map((path): Target => ({ keys: parseJsonPath(path), line: 1, column: 1 }));
  print(lines, raw, targets, 0);
  return targets.map(({ line, column }) => linesFrame(lines, line, column, false));
}

/** Shows one place of a fragment, as `jsonFrames`. */
export function jsonFrame(raw: unknown, path: string): string {
  return jsonFrames(raw, [path]).join("");
}

/** Parses a JSON path that `jsonPath` wrote. */
export function parseJsonPath(path: string): string[] {
  const keys: string[] = [];
  const segments = path.matchAll(/([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g);
  for (const [, name, index, quoted] of segments) {
    const key = name ?? index ?? (quoted === undefined ? undefined : String(JSON.parse(quoted)));
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/** @param targets the places that are inside the value */
function print(lines: string[], value: unknown, targets: readonly Target[], depth: number): void {
  if (value === null || typeof value !== "object" || depth > maxDepth) {
    write(lines, scalar(value));
    return;
  }
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  write(lines, entries.length === 0 ? open + close : open);
  if (entries.length === 0) return;
  entries.forEach(([key, member], index) => {
    lines.push("  ".repeat(depth + 1));
    const inside = targets.filter(({ keys }) => keys[depth] === key);
    for (const target of inside) mark(lines, target);
    if (!Array.isArray(value)) write(lines, `${JSON.stringify(key)}: `);
    print(lines, member, inside, depth + 1);
    if (index < entries.length - 1) write(lines, ",");
  });
  lines.push("  ".repeat(depth) + close);
}

function mark(lines: readonly string[], target: Target): void {
  target.line = lines.length;
  target.column = (lines.at(-1) ?? "").length + 1;
}

function write(lines: string[], text: string): void {
  lines[lines.length - 1] += text;
}

function scalar(value: unknown): string {
  if (value !== null && typeof value === "object") return "…";
  const text = JSON.stringify(value) ?? "null";
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}

const linesAround = 2;
const maxWidth = 160;

/**
 * Shows a place of a text: the numbered lines around it, with a mark below the column. Long lines, as those
 * of a minified function, are truncated around the place.
 *
 * @param line from 1
 * @param column from 1
 */
export function codeFrame(text: string, line: number, column: number): string {
  return linesFrame(text.split(/\r\n|\n|\r/), line, column, true);
}

function linesFrame(lines: readonly string[], line: number, column: number, isNumbered: boolean): string {
  const first = Math.max(1, line - linesAround);
  const last = Math.min(lines.length, line + linesAround);
  const width = isNumbered ? String(last).length + 1 : 0;
  const shift = column > maxWidth - 20 ? column - Math.floor(maxWidth / 2) : 0;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = (lines[number - 1] ?? "").slice(shift, shift + maxWidth).replaceAll("\t", " ");
    const label = isNumbered ? ` ${number}`.padStart(width) : "";
    frame.push(`${number === line ? ">" : " "}${label} | ${text}`.trimEnd());
    if (number === line)
      frame.push(` ${" ".repeat(width)} | ${" ".repeat(Math.max(0, column - 1 - shift))}^`);
  }
  return frame.join("\n");
}
