import { type Comment, parseSync } from "oxc-parser";
import { exportsOf, lineAt, namesOf } from "./exported.ts";
import type { SourceText } from "./repository.ts";

/** A docstring of at most this many words counts as short: it rarely says more than the name. */
export const shortDocstring = 5;

/** The share of short docstrings that a package can have. A unit or a default needs few words. */
export const shortShare = 0.08;

/** Returns one line for each exported declaration that has no docstring directly above it. */
export function missingDocstrings(file: SourceText): string[] {
  const { program, comments } = parseSync(file.path, file.text);
  const documented = new Set<string>();
  const missing: string[] = [];
  for (const { declaration, start } of exportsOf(program.body))
    for (const name of namesOf(declaration)) {
      if (isDocumented(file.text, comments, start)) documented.add(name);
      else if (!documented.has(name)) missing.push(`${file.path}:${lineAt(file.text, start)}: ${name}`);
    }
  return missing;
}

/**
 * Returns one line for each docstring that says nothing but the name of what it stands on:
 * `/** Its name. *\/`.
 */
export function repeatedNames(file: SourceText): string[] {
  return docstringsOf(file).flatMap(({ line, words, end }) => {
    const name = wordsOfName(file.text.slice(end));
    const content = words.map(bare).filter((word) => word !== "" && !emptyWords.has(word));
    const repeats = words.length <= shortDocstring && content.every((word) => name.has(word));
    return repeats ? [`${file.path}:${line}: "${words.join(" ")}" repeats the name: delete it`] : [];
  });
}

/**
 * Returns the docstrings of files that are short, a line each, where their share is over `shortShare`; else
 * none.
 */
export function tooManyShortDocstrings(files: readonly SourceText[]): string[] {
  const all = files.flatMap((file) => docstringsOf(file).map((docstring) => ({ ...docstring, file })));
  const short = all.filter(({ words }) => words.length <= shortDocstring && !words[0]?.startsWith("@"));
  if (short.length <= all.length * shortShare) return [];
  return short.map(({ file, line, words }) => `${file.path}:${line}: "${words.join(" ")}" is short`);
}

const emptyWords: ReadonlySet<string> = new Set(
  "a an the it its of for this that what which is are".split(" ").map(bare),
);

/**
 * The words of the first name that a piece of code declares: `readonly maxBytes: number` has `max` and
 * `bytes`.
 */
function wordsOfName(code: string): ReadonlySet<string> {
  const modifiers =
    /^\s*(?:(?:export|default|declare|readonly|static|async|abstract|interface|type|const|function|class)\s+)*/;
  const name = code.replace(modifiers, "").match(/^[#\w$]+/)?.[0] ?? "";
  return new Set(name.split(/(?=[A-Z])|[^A-Za-z]+/).map(bare));
}

/** A word in lower case, without punctuation and the ending of a plural. */
function bare(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")
    .replace(/s$/, "");
}

/** A docstring: the line where it begins, counted from 1, and its words. */
export interface Docstring {
  /** The line where it begins, counted from 1. */
  readonly line: number;
  /** Its words, separated by white space, without the stars at the beginning of lines. */
  readonly words: readonly string[];
  /** Where the comment ends in the text. */
  readonly end: number;
}

/** Returns every docstring of a file that is not empty. */
export function docstringsOf(file: SourceText): Docstring[] {
  return parseSync(file.path, file.text)
    .comments.filter(isDocstring)
    .map(({ start, end, value }) => ({ line: lineAt(file.text, start), words: wordsOf(value), end }));
}

function wordsOf(comment: string): string[] {
  return comment
    .replaceAll(/^\s*\*+/gm, "")
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** Tells whether a docstring stands above the declaration, with at most line comments in between. */
function isDocumented(text: string, comments: readonly Comment[], start: number): boolean {
  const above = comments.filter((comment) => comment.end <= start).reverse();
  let end = start;
  for (const comment of above) {
    if (text.slice(comment.end, end).trim() !== "") return false;
    if (comment.type === "Block") return isDocstring(comment);
    end = comment.start;
  }
  return false;
}

function isDocstring({ type, value }: Comment): boolean {
  return type === "Block" && value.startsWith("*") && /\w/.test(value);
}
