import { distance } from "fastest-levenshtein";

const mostNames = 2_000;

/**
 * The name that somebody probably meant.
 *
 * @param word what was written
 * @param names what could have been written; only the first 2,000 are looked at
 * @returns the nearest name, or undefined where none is near: more than a third of it would have to change
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  let seen = 0;
  for (const name of names) {
    if (++seen > mostNames) break;
    const far =
      name.toLowerCase() === word.toLowerCase() ? 0 : isSwapped(word, name) ? 1 : distance(word, name);
    if (far < least) {
      best = name;
      least = far;
    }
  }
  return best;
}

// Two letters that changed places are the commonest slip, and one of them: `scpoe`.
function isSwapped(word: string, name: string): boolean {
  if (word.length !== name.length) return false;
  let at = 0;
  while (at < word.length && word[at] === name[at]) at += 1;
  return word[at] === name[at + 1] && word[at + 1] === name[at] && word.slice(at + 2) === name.slice(at + 2);
}
