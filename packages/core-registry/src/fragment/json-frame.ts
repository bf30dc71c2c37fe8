import { codeFrame } from "./code-frame.ts";

const deepest = 64;
const longestText = 120;

interface Printer {
  readonly lines: string[];
  /** Where the place is that is looked for, from 1; the deepest part of it that there is. */
  line: number;
  column: number;
}

/**
 * The lines of a fragment around a place in it, as JSON on several lines, with a mark: so that its author sees where.
 *
 * @param raw the fragment
 * @param path as findings have it: `protocol.REST.routes[2].call`; of a place that is not there the nearest that is
 */
export function jsonFrame(raw: unknown, path: string): string {
  const printer: Printer = { lines: [""], line: 1, column: 1 };
  print(printer, raw, keysOf(path), 0);
  return codeFrame(printer.lines.join("\n"), printer.line, printer.column);
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

function print(printer: Printer, value: unknown, keys: readonly string[] | undefined, depth: number): void {
  if (value === null || typeof value !== "object" || depth > deepest) {
    write(printer, scalar(value));
    return;
  }
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  write(printer, entries.length === 0 ? open + close : open);
  if (entries.length === 0) return;
  entries.forEach(([key, member], index) => {
    printer.lines.push("  ".repeat(depth + 1));
    const isOnTheWay = keys !== undefined && keys[0] === key;
    if (isOnTheWay) mark(printer);
    if (!Array.isArray(value)) write(printer, `${JSON.stringify(key)}: `);
    print(printer, member, isOnTheWay ? keys.slice(1) : undefined, depth + 1);
    if (index < entries.length - 1) write(printer, ",");
  });
  printer.lines.push("  ".repeat(depth) + close);
}

function mark(printer: Printer): void {
  printer.line = printer.lines.length;
  printer.column = (printer.lines.at(-1) ?? "").length + 1;
}

function write(printer: Printer, text: string): void {
  printer.lines[printer.lines.length - 1] += text;
}

function scalar(value: unknown): string {
  if (value !== null && typeof value === "object") return "…";
  const text = JSON.stringify(value) ?? "null";
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
