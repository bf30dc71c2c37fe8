import { parseSync, Visitor } from "oxc-parser";
import { lineAt } from "./exported.ts";
import type { SourceText } from "./repository.ts";

/** The longest line of TypeScript, in characters: the line width of the formatter. */
export const codeWidth = 110;

/** The longest line of Markdown, in characters. */
export const markdownWidth = 120;

/** Characters that can follow a literal on its line, as in `);`. */
const punctuation = 3;

/**
 * Returns one line for each line of a TypeScript file that is too long. Template literals, regular
 * expressions and addresses that reach beyond the limit are exempt, because they cannot be broken.
 */
export function longCodeLines(file: SourceText): string[] {
  const long = longLines(file.text, codeWidth);
  if (long.length === 0) return [];
  const unbreakable = unbreakableLines(file);
  return long
    .filter(({ line, text }) => !unbreakable.has(line) && !addressReachesBeyond(text, codeWidth))
    .map(({ line, text }) => fault(file.path, line, text, codeWidth));
}

/**
 * Returns one line for each line of a Markdown text that is too long; tables, code and link definitions are
 * exempt.
 */
export function longMarkdownLines({ path, text }: SourceText): string[] {
  const prose = text.replaceAll(/^([ \t]*)(```|~~~).*?^\s*\2/gms, (block) => block.replaceAll(/[^\n]/g, ""));
  return longLines(prose, markdownWidth)
    .filter((line) => !/^\s*(?:>\s*)?\||^\s*\[[^\]]+\]:/.test(line.text))
    .filter((line) => !addressReachesBeyond(line.text, markdownWidth))
    .map((line) => fault(path, line.line, line.text, markdownWidth));
}

function longLines(text: string, width: number): { readonly line: number; readonly text: string }[] {
  return text
    .split("\n")
    .map((content, index) => ({ line: index + 1, text: content }))
    .filter((line) => line.text.length > width);
}

/** Collects the lines on which a template literal or a regular expression reaches beyond the limit. */
function unbreakableLines(file: SourceText): Set<number> {
  const lines = new Set<number>();
  const add = ({ start, end }: { readonly start: number; readonly end: number }): void => {
    const first = lineAt(file.text, start);
    let offset = file.text.lastIndexOf("\n", start - 1) + 1;
    for (const [index, text] of file.text.slice(offset, end).split("\n").entries()) {
      if (text.length + punctuation > codeWidth) lines.add(first + index);
      offset += text.length + 1;
    }
  };
  new Visitor({
    TemplateLiteral: add,
    Literal: (node) => {
      if ("regex" in node) add(node);
    },
  }).visit(parseSync(file.path, file.text).program);
  return lines;
}

/** Tells whether an address covers the limit and cannot stand further to the left. */
function addressReachesBeyond(text: string, width: number): boolean {
  return [...text.matchAll(/https?:\/\/\S+/g)].some(
    ({ index, 0: address }) =>
      index < width && index + address.length > width && /^[\s/*"'`<([-]*$/.test(text.slice(0, index)),
  );
}

function fault(path: string, line: number, text: string, width: number): string {
  return `${path}:${line}: ${text.length} characters, at most ${width}`;
}
