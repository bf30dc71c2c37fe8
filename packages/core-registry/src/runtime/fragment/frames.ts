const deepest = 64;
const longestText = 120;

/** A place that is looked for. */
interface Target {
  readonly keys: readonly string[];
  /** Where it is, from 1; the deepest part of it that there is. */
  line: number;
  column: number;
}

/**
 * The lines of a fragment around places in it, as JSON on several lines, with a mark: so that its author sees where.
 *
 * @param raw the fragment, which is printed once
 * @param paths as findings have them: `protocol.REST.routes[2].call`; of a place that is not there the nearest that is
 * @returns a frame for each path
 */
export function jsonFrames(raw: unknown, paths: readonly string[]): string[] {
  const lines = [""];
  const targets = paths.map((path): Target => ({ keys: keysOf(path), line: 1, column: 1 }));
  print(lines, raw, targets, 0);
  return targets.map(({ line, column }) => linesFrame(lines, line, column));
}

/** The lines around one place. */
export function jsonFrame(raw: unknown, path: string): string {
  return jsonFrames(raw, [path]).join("");
}

/** The keys of a path as `jsonPath` writes them. */
export function keysOf(path: string): string[] {
  const keys: string[] = [];
  for (const [, name, index, quoted] of path.matchAll(
    /([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g,
  )) {
    const key = name ?? index ?? (quoted === undefined ? undefined : String(JSON.parse(quoted)));
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/** @param targets those that lie in the value */
function print(lines: string[], value: unknown, targets: readonly Target[], depth: number): void {
  if (value === null || typeof value !== "object" || depth > deepest) {
    write(lines, scalar(value));
    return;
  }
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  write(lines, entries.length === 0 ? open + close : open);
  if (entries.length === 0) return;
  entries.forEach(([key, member], index) => {
    lines.push("  ".repeat(depth + 1));
    const within = targets.filter(({ keys }) => keys[depth] === key);
    for (const target of within) mark(lines, target);
    if (!Array.isArray(value)) write(lines, `${JSON.stringify(key)}: `);
    print(lines, member, within, depth + 1);
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
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

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
