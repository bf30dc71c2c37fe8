import { type Comment, parseSync } from "oxc-parser";
import { exportsOf, lineAt, namesOf } from "./exported.ts";
import type { SourceText } from "./repository.ts";

/** A docstring of at most this many words repeats what the name already says. */
export const shortDocstring = 5;

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
 * Returns one line for each docstring, of a declaration or of a member, that has at most `shortDocstring`
 * words. Docstrings that begin with a tag (`@deprecated`) are exempt.
 */
export function shortDocstrings(file: SourceText): string[] {
  return docstringsOf(file).flatMap(({ line, words }) =>
    words.length <= shortDocstring && !words[0]?.startsWith("@")
      ? [
          `${file.path}:${line}: "${words.join(" ")}" says no more than the name: delete it, or write a sentence`,
        ]
      : [],
  );
}

/** A docstring: the line where it begins, counted from 1, and its words. */
export interface Docstring {
  /** The line where it begins, counted from 1. */
  readonly line: number;
  /** Its words, separated by white space, without the stars at the beginning of lines. */
  readonly words: readonly string[];
}

/** Returns every docstring of a file that is not empty. */
export function docstringsOf(file: SourceText): Docstring[] {
  return parseSync(file.path, file.text)
    .comments.filter(isDocstring)
    .map(({ start, value }) => ({ line: lineAt(file.text, start), words: wordsOf(value) }));
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
