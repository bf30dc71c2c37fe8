/**
 * The rules for names and patterns of events in the broker in memory. This is the only place of this package
 * that knows them; `eventNameProblem` and `nameMatcher` of core-registry hold the same rules for fragments.
 */

const maxNameLength = 256;
/** Characters of patterns, which no rule could match in a name. */
const patternCharacters = /[*?!{}[\]()]/;

/**
 * Tests whether an event can be published under a name (S6.5): at most 256 characters, no character of
 * patterns, no empty segment, no leading `$`.
 */
export function isEventName(name: string): boolean {
  if (name.length > maxNameLength || name.startsWith("$") || patternCharacters.test(name)) return false;
  return name.split(".").every((segment) => segment !== "");
}

/**
 * Tests whether an event's name matches a pattern (S7.1): `*` matches within one segment, `**` one segment or
 * more. Dots separate segments.
 */
export function matchesEvent(pattern: string, name: string): boolean {
  return matchList(pattern.split("."), name.split("."), "**", (part, segment) =>
    matchList([...part], [...segment], "*", (a, b) => a === b),
  );
}

/**
 * Matches a list with wildcards. The time is bounded by pattern × list, because only the last wildcard is
 * tried again.
 */
function matchList(
  pattern: readonly string[],
  list: readonly string[],
  wildcard: "*" | "**",
  matchItem: (part: string, item: string) => boolean,
): boolean {
  const minItems = wildcard === "**" ? 1 : 0;
  let at = 0;
  let index = 0;
  let lastWildcard = -1;
  let retryFrom = 0;
  while (index < list.length || at < pattern.length) {
    if (pattern[at] === wildcard && index + minItems <= list.length) {
      lastWildcard = at++;
      index += minItems;
      retryFrom = index;
    } else if (
      at < pattern.length &&
      index < list.length &&
      matchItem(pattern[at] ?? "", list[index] ?? "")
    ) {
      at++;
      index++;
    } else if (lastWildcard >= 0 && retryFrom < list.length) {
      retryFrom++;
      index = retryFrom;
      at = lastWildcard + 1;
    } else return false;
  }
  return true;
}
