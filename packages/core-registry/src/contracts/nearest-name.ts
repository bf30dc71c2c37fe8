import { distance } from "fastest-levenshtein";

const maxNames = 2_000;

/**
 * Finds the known name that a misspelled one probably means.
 *
 * @param word the misspelled name
 * @param names the known names; only the first 2,000 are compared
 * @returns the name with the smallest edit distance; undefined where every distance exceeds a third of the
 * word's length
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let smallest = Math.max(1, Math.floor(word.length / 3)) + 1;
  let compared = 0;
  for (const name of names) {
    if (++compared > maxNames) break;
    const edits = editDistance(word, name);
    if (edits < smallest) {
      nearest = name;
      smallest = edits;
    }
  }
  return nearest;
}

/**
 * Finds the known name that a misspelled one certainly means: the only one with at most this many edits (one
 * in words of less than four letters), upper and lower case aside.
 */
export function certainName(word: string, names: readonly string[], maxEdits = 2): string | undefined {
  const lower = word.toLowerCase();
  const limit = word.length < 4 ? 1 : maxEdits;
  const near = names.slice(0, maxNames).filter((name) => editDistance(lower, name.toLowerCase()) <= limit);
  return near.length === 1 ? near[0] : undefined;
}

function editDistance(word: string, name: string): number {
  if (name.toLowerCase() === word.toLowerCase()) return 0;
  return isTransposition(word, name) ? 1 : distance(word, name);
}

// Two exchanged neighbours (`scpoe`) are the most common misspelling. Levenshtein counts them as two edits,
// this as one.
function isTransposition(word: string, name: string): boolean {
  if (word.length !== name.length) return false;
  let at = 0;
  while (at < word.length && word[at] === name[at]) at += 1;
  return word[at] === name[at + 1] && word[at + 1] === name[at] && word.slice(at + 2) === name.slice(at + 2);
}
