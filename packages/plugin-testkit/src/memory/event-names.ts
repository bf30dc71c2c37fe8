/** Whether an event's name fits a pattern (S7.1): `*` within one segment, `**` for one segment or more. Names are split at dots. */
export function matches(pattern: string, name: string): boolean {
  return matchParts(pattern.split("."), name.split("."), "**", (part, segment) =>
    matchParts([...part], [...segment], "*", (a, b) => a === b),
  );
}

/** Whether something can be published under a name (S6.5): no pattern, no empty segment, no leading `$`, at most 256 characters. */
export function isEventName(name: string): boolean {
  return name.length <= 256 && !/\*|^\$|^\.|\.\.|\.$|^$/.test(name);
}

/** Wildcard match over a list, in time pattern × list: only the last wildcard is ever tried again. */
function matchParts(
  pattern: readonly string[],
  list: readonly string[],
  wildcard: "*" | "**",
  fits: (part: string, item: string) => boolean,
): boolean {
  const least = wildcard === "**" ? 1 : 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < list.length || at < pattern.length) {
    if (pattern[at] === wildcard && index + least <= list.length) {
      star = at++;
      index += least;
      resume = index;
    } else if (at < pattern.length && index < list.length && fits(pattern[at] ?? "", list[index] ?? "")) {
      at++;
      index++;
    } else if (star >= 0 && resume < list.length) {
      resume++;
      index = resume;
      at = star + 1;
    } else return false;
  }
  return true;
}
