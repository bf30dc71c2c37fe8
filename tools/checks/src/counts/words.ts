import { parseSync, Visitor } from "oxc-parser";
import { type Row, refusedNames, refusedWords, wordsOf } from "../dialect.ts";
import type { SourceText } from "../repository.ts";

/** How often the words of one row of the table occur. */
export interface WordCount {
  readonly words: string;
  readonly use: string;
  /** Occurrences in identifiers, as one of their words; of whole names: identifiers that are the name. */
  readonly identifiers: number;
  /** Occurrences in comments. Zero for whole names, which are ordinary words there. */
  readonly comments: number;
}

/** Counts the words of the old dialect in identifiers and comments, one entry per row of the table. */
export function dialectCounts(files: readonly SourceText[]): WordCount[] {
  const inIdentifiers = new Map<string, number>();
  const inComments = new Map<string, number>();
  const inNames = new Map<Row, number>();
  let most = 0;
  for (const file of files) {
    const { program, comments } = parseSync(file.path, file.text);
    for (const { value } of comments)
      for (const word of value.toLowerCase().match(/[a-z]+/g) ?? []) add(inComments, word);
    new Visitor({
      Identifier: ({ name }) => {
        if (/^most[A-Z]/.test(name)) most++;
        for (const word of wordsOf(name)) add(inIdentifiers, word);
        for (const row of refusedNames) if (isName(row, name, file.path)) add(inNames, row);
      },
    }).visit(program);
  }
  const total = (counts: ReadonlyMap<string, number>, words: string): number =>
    words.split(" ").reduce((sum, word) => sum + (counts.get(word) ?? 0), 0);
  return [
    ...refusedWords.map(([words, use]) => ({
      words,
      use,
      identifiers: total(inIdentifiers, words),
      comments: total(inComments, words),
    })),
    ...refusedNames.map((row) => ({
      words: row[0],
      use: row[1],
      identifiers: inNames.get(row) ?? 0,
      comments: 0,
    })),
    { words: "mostX", use: "maxX", identifiers: most, comments: 0 },
  ];
}

function isName([words, , where = ""]: Row, name: string, path: string): boolean {
  return words.split(" ").includes(name.charAt(0).toLowerCase() + name.slice(1)) && path.includes(where);
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
