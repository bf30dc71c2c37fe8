/*
 * The one rule for the names of actions and events, and for patterns of names (S2.4, S6.5, S7.1):
 *
 * - A name or pattern has 1 to 256 characters, and is split at dots into segments that are not empty.
 * - A pattern has two special signs: `*` matches one segment or a part of one; `**` stands alone between dots
 *   and matches one or more segments. `player.**` matches `player.message.list`, not `player`.
 * - The signs of other pattern languages (`! { } [ ] ( ) ? | / \ " '`) and control characters are refused. In
 *   a pattern they would have no effect, and no rule could match a name that contains one.
 * - The name of an event cannot contain `*` or begin with `$`, and no segment of an action's name can begin
 *   with `$`: such actions and events are internal to the broker.
 */
const refusedCharacter = /[!{}[\]()?|/\\"'\p{Cc}]/u;
const maxLength = 256;

/** Describes why a text is not a pattern of names (S7.1); undefined where it is one. */
export function namePatternProblem(pattern: string): string | undefined {
  if (pattern.split(".").some((segment) => segment !== "**" && segment.includes("**")))
    return "In a pattern, `**` must stand alone between dots.";
  return commonProblem(pattern, "A pattern");
}

/** Describes why a value is not the name of an event (S6.5); undefined where it is one. */
export function eventNameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return "The name of an event must be a string.";
  if (name.startsWith("$")) return "Events whose names begin with `$` are internal events of the broker.";
  if (name.includes("*")) return "The name of an event cannot be a pattern: `*` is not allowed.";
  return commonProblem(name, "The name of an event");
}

/**
 * Describes why a text is not the name of an action that a fragment can call (S2.4); undefined where it is
 * one.
 */
export function actionNameProblem(name: string): string | undefined {
  if (name.split(".").some((segment) => segment.startsWith("$")))
    return "Actions with a segment that begins with `$` are internal: fragments cannot call them.";
  return commonProblem(name, "The name of an action");
}

function commonProblem(text: string, subject: string): string | undefined {
  if (text.length > maxLength) return `${subject} can have at most ${maxLength} characters.`;
  const refused = refusedCharacter.exec(text)?.[0];
  if (refused !== undefined) {
    const isControl = refused < "!" || refused > "~";
    return `${subject} cannot contain ${isControl ? "control characters" : `\`${refused}\``}.`;
  }
  if (text.split(".").includes("")) return `${subject} cannot have an empty segment.`;
  return undefined;
}

/**
 * Checks whether the text of `event` or `events` is a function: it contains `=>`, or begins with `function`.
 */
export function isFunctionText(text: string): boolean {
  return text.includes("=>") || /^\s*(?:async\s+)?function\b/.test(text);
}

/** Checks whether a name matches a compiled pattern. */
export type NameMatcher = (name: string) => boolean;

/**
 * Compiles a pattern of names (S7.1). A match takes at most the pattern's length times the name's length.
 *
 * Not with picomatch: its `**` can match no segment, and a pattern with many stars becomes a regular
 * expression that takes exponential time for hostile names.
 */
export function nameMatcher(pattern: string): NameMatcher {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const parts = patternParts(pattern);
  return (name) => globMatches(parts, name.split("."), "more", segmentMatches);
}

/**
 * Checks whether some name matches both patterns (S7.2). A name is the pattern that matches only itself.
 * Takes at most the length of one pattern times the length of the other.
 */
export function overlaps(one: string, other: string): boolean {
  return globsOverlap(patternParts(one), patternParts(other), "more", segmentsOverlap);
}

/** A part of a pattern: any one segment, any number of segments, or the characters of one segment. */
type Part = "one" | "more" | { readonly glob: readonly string[] };

// `**` is one or more segments, written as one segment and then any number of segments.
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
  return globMatches(part.glob, [...segment], "*", (expected, actual) => expected === actual);
}

// The greedy two-pointer algorithm: after a mismatch, only the last star takes one more item.
function globMatches<P, I>(
  pattern: readonly P[],
  items: readonly I[],
  star: P,
  matches: (part: P, item: I) => boolean,
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
    } else if (at < pattern.length && matches(part as P, items[item] as I)) {
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

// Dynamic programming: `row[n]` is true where the parts of `one` so far and the first n parts of `other`
// overlap. A star takes nothing, or the next part of the other pattern.
function globsOverlap<P>(
  one: readonly P[],
  other: readonly P[],
  star: P,
  matches: (left: P, right: P) => boolean,
): boolean {
  let row = [true];
  for (const [index, part] of other.entries()) row.push(row[index] === true && part === star);
  for (const left of one) {
    const next = [row[0] === true && left === star];
    for (const [index, right] of other.entries()) {
      const hasStar = left === star || right === star;
      next.push(
        hasStar
          ? row[index + 1] === true || next[index] === true
          : row[index] === true && matches(left, right),
      );
    }
    row = next;
  }
  return row.at(-1) === true;
}
