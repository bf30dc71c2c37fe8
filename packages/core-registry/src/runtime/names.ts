/** Characters that mean something in other pattern languages, and nothing here (S7.1). */
const foreign = /[!{}[\]()?]/;
const maxLength = 256;

/** A pattern of action or event names, compiled (S7.1). */
export type NameMatcher = (name: string) => boolean;

/**
 * What is wrong with a pattern of names, or undefined: it is split at dots; `*` stands for one segment or a part of one,
 * `**` alone between dots for one or more segments.
 */
export function namePatternProblem(pattern: string): string | undefined {
  if (pattern.length > maxLength) return `A pattern has at most ${maxLength} characters.`;
  const mark = foreign.exec(pattern);
  if (mark !== null) return `\`${mark[0]}\` means nothing in a pattern: only \`*\` and \`**\` do.`;
  for (const segment of pattern.split(".")) {
    if (segment === "") return "A pattern has no empty segment.";
    if (segment !== "**" && segment.includes("**")) return "`**` stands alone between dots.";
  }
  return undefined;
}

/**
 * Compiles a pattern of names. `player.**` matches `player.message.list`, not `player`.
 *
 * Not picomatch: its globstar may match nothing, and a pattern with many stars becomes a regular expression that takes
 * exponential time on hostile names. This takes at most pattern length times name length.
 */
export function nameMatcher(pattern: string): NameMatcher {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const parts = patternParts(pattern);
  return (name) => globMatches(parts, name.split("."), "more", segmentMatches);
}

/**
 * Whether some name matches both patterns (S7.2). A name is a pattern too: the one that it alone matches. Takes at most
 * the length of one times that of the other.
 */
export function overlaps(one: string, other: string): boolean {
  return globsOverlap(patternParts(one), patternParts(other), "more", segmentsOverlap);
}

type Part = "one" | "more" | { readonly glob: readonly string[] };

// One or more is one, and then none or more.
function patternParts(pattern: string): readonly Part[] {
  return pattern
    .split(".")
    .flatMap((segment): Part[] => (segment === "**" ? ["one", "more"] : [segmentPart(segment)]));
}

function segmentPart(segment: string): Part {
  return segment === "*" ? "one" : { glob: [...segment] };
}

function segmentMatches(part: Part, segment: string): boolean {
  if (typeof part === "string") return true;
  return globMatches(part.glob, [...segment], "*", (wanted, found) => wanted === found);
}

// The classic two pointers: on a mismatch only the last star takes one more.
function globMatches<P, I>(
  pattern: readonly P[],
  items: readonly I[],
  star: P,
  fits: (part: P, item: I) => boolean,
): boolean {
  let at = 0;
  let item = 0;
  let starAt = -1;
  let starItem = 0;
  while (item < items.length) {
    const part = pattern[at];
    if (at < pattern.length && part === star) {
      starAt = at++;
      starItem = item;
    } else if (at < pattern.length && fits(part as P, items[item] as I)) {
      at++;
      item++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      item = ++starItem;
    } else return false;
  }
  while (at < pattern.length && pattern[at] === star) at++;
  return at === pattern.length;
}

function segmentsOverlap(one: Part, other: Part): boolean {
  if (typeof one === "string" || typeof other === "string") return true;
  return globsOverlap(one.glob, other.glob, "*", (left, right) => left === right);
}

// `row[n]`: what was read of `one` and the first n parts of `other` can stand for the same. A star takes nothing, or what
// the other side has next.
function globsOverlap<P>(
  one: readonly P[],
  other: readonly P[],
  star: P,
  fits: (left: P, right: P) => boolean,
): boolean {
  let row = [true];
  for (const [index, part] of other.entries()) row.push(row[index] === true && part === star);
  for (const left of one) {
    const next = [row[0] === true && left === star];
    for (const [index, right] of other.entries()) {
      const starred = left === star || right === star;
      next.push(
        starred ? row[index + 1] === true || next[index] === true : row[index] === true && fits(left, right),
      );
    }
    row = next;
  }
  return row.at(-1) === true;
}

/** What is wrong with the name of an event that is to be sent or asked for (S6.5), or undefined. */
export function eventNameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return "The name of an event is a string.";
  if (name.length > maxLength) return `The name of an event has at most ${maxLength} characters.`;
  if (name.startsWith("$")) return "Events whose name begins with `$` are the broker's own.";
  if (name.includes("*")) return "An event has a name here, not a pattern: `*` is not allowed.";
  if (name.split(".").includes("")) return "The name of an event has no empty segment.";
  return undefined;
}

/** What is wrong with the name of an action that is to be mapped (S2.4), or undefined. */
export function actionNameProblem(name: string): string | undefined {
  if (name.length > maxLength) return `The name of an action has at most ${maxLength} characters.`;
  const segments = name.split(".");
  if (segments.includes("")) return "The name of an action has no empty segment.";
  if (segments.some((segment) => segment.startsWith("$")))
    return "Actions with a segment that begins with `$` are internal, and cannot be mapped.";
  return undefined;
}

/** Whether the text of `event` or `events` is a function rather than a name: it holds `=>`, or begins with `function`. */
export function isFunctionText(text: string): boolean {
  return text.includes("=>") || /^\s*(?:async\s+)?function\b/.test(text);
}
