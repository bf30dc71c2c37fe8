/*
 * The one rule for the names of actions and events, and for patterns of names (S2.4, S6.5, S7.1):
 *
 * - A name or pattern has 1 to 256 characters, and is split at dots into segments that are not empty.
 * - A pattern has two wildcards: `*` matches one segment or a part of one; `**` stands alone between dots
 *   and matches one or more segments. `player.**` matches `player.message.list`, not `player`. A pattern has
 *   at most 8 wildcards.
 * - The signs of other pattern languages (`! { } [ ] ( ) ? | / \ " '`) and control characters are refused. In
 *   a pattern they would have no effect, and no rule could match a name that contains one.
 * - The name of an event cannot contain `*` or begin with `$`, and no segment of an action's name can begin
 *   with `$`: such actions and events are internal to the broker.
 */
import picomatch from "picomatch";

const refusedCharacter = /[!{}[\]()?|/\\"'\p{Cc}]/u;
const maxLength = 256;
const maxWildcards = 8;

/** Describes why a text is not a pattern of names (S7.1); undefined where it is one. */
export function namePatternProblem(pattern: string): string | undefined {
  if (pattern.split(".").some((segment) => segment !== "**" && segment.includes("**")))
    return "In a pattern, `**` must stand alone between dots.";
  if (pattern.split(/\*+/).length > maxWildcards + 1)
    return `A pattern can have at most ${maxWildcards} wildcards: \`*\` or \`**\`.`;
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
 * Compiles a pattern of names (S7.1). A text that is not a pattern matches only itself. A match takes at most
 * the pattern's length times the name's length.
 */
export function nameMatcher(pattern: string): NameMatcher {
  if (!pattern.includes("*") || namePatternProblem(pattern) !== undefined) return (name) => name === pattern;
  const parts = pattern.split(".").flatMap(matchedParts);
  return (name) => partsMatch(parts, name.split("."));
}

/** A part of a compiled pattern: the test of one segment, or any number of segments. */
type MatchedPart = ((segment: string) => boolean) | "more";

const anySegment = (): boolean => true;

// `**` is one or more segments, written as one segment and then any number of segments.
function matchedParts(part: string): readonly MatchedPart[] {
  if (part === "**") return [anySegment, "more"];
  if (part === "*") return [anySegment];
  if (!part.includes("*")) return [(segment) => segment === part];
  const expression = segmentExpression(part);
  return [(segment) => expression.test(segment)];
}

/** The options that leave picomatch one wildcard: a star within a segment. */
const starsOnly = {
  nobrace: true,
  nobracket: true,
  noextglob: true,
  noglobstar: true,
  nonegate: true,
  strictSlashes: true,
  windows: false,
  // The fast paths have no tokens.
  fastpaths: false,
};

/**
 * Compiles one segment. The expression of picomatch itself tries every length of every star: for `*a*a*a*b`
 * and a name of 256 characters it takes 2 s, and with one more star 100 s. So each star but the last keeps
 * here the shortest text before the next part of the segment, because a longer text only leaves less for the
 * other stars. A group in a lookahead is not tried again.
 */
function segmentExpression(segment: string): RegExp {
  const parts = [""];
  for (const { type, value, output } of picomatch(segment, starsOnly, true).state.tokens)
    if (type === "star") parts.push("");
    else parts.push(`${parts.pop()}${output ?? value}`);
  const [start = "", ...afterStars] = parts;
  const end = afterStars.pop() ?? "";
  const middle = afterStars.map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return new RegExp(`^${start}${middle.join("")}.*${end}$`, "s");
}

// The greedy two-pointer algorithm: after a mismatch, only the last `more` takes one more segment.
function partsMatch(parts: readonly MatchedPart[], segments: readonly string[]): boolean {
  let at = 0;
  let segment = 0;
  let moreAt = -1;
  let moreSegment = 0;
  while (segment < segments.length) {
    const part = parts[at];
    if (part === "more") {
      moreAt = at++;
      moreSegment = segment;
    } else if (part?.(segments[segment] ?? "")) {
      at++;
      segment++;
    } else if (moreAt >= 0) {
      at = moreAt + 1;
      segment = ++moreSegment;
    } else return false;
  }
  while (parts[at] === "more") at++;
  return at === parts.length;
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
