import { regexProblem } from "./regex.ts";

/** One segment of a path pattern (S4.2). `text` is percent-encoded as requests are compared. */
export type PathSegment =
  | { readonly kind: "static"; readonly text: string }
  | {
      readonly kind: "parameter";
      readonly name: string;
      readonly optional: boolean;
      readonly regex: string | undefined;
    }
  | { readonly kind: "rest"; readonly name: string | undefined };

/** A path pattern, parsed (S4.2). Plain data. */
export interface PathPattern {
  /** The whole path as people write it: `/players/:id`. */
  readonly path: string;
  /** Its segments in order. */
  readonly segments: readonly PathSegment[];
  /** Names of its parameters in order. */
  readonly parameters: readonly string[];
  /** Every expansion of its optionals with names removed: `/players`, `/players/:`. Equal shapes conflict (S4.6). */
  readonly shapes: readonly string[];
}

/** What is wrong with a pattern. */
export interface PatternProblem {
  /** Which of the two texts it is in. */
  readonly part: "basePath" | "path";
  /** What happened, one sentence. */
  readonly message: string;
  /** What would have been right. */
  readonly expected: string;
  /** The text that is wrong. */
  readonly found: string;
}

/** A pattern, or what is wrong with it: all of it. */
export type ParsedPattern =
  | { readonly pattern: PathPattern; readonly problems: readonly [] }
  | { readonly pattern: undefined; readonly problems: readonly PatternProblem[] };

const maxLength = 1024;
const maxOptionals = 4;
const refusedNames = new Set(["__proto__", "constructor", "prototype"]);
const segmentForms = "`text`, `:name`, `:name?`, `:name(regex)`, `*name` or `**` between two slashes";
const parameterForm = /^:([A-Za-z_][A-Za-z0-9_]*)(?:\((.*)\))?(\?)?$/s;
const restForm = /^\*(\*|[A-Za-z_][A-Za-z0-9_]*)$/;
const plainText = /^[^:*(){}[\]?#\\\s]+$/;

/**
 * Parses a path pattern (S4.2): static segments, `:name`, `:name?`, `:name(regex)` proved linear, and as the last
 * segment `*name` (the rest, not empty) or `**` (the rest, may be empty). A trailing slash is ignored.
 * @param path the pattern; `/` and the empty text are the base itself
 * @param basePath what stands before it, itself a pattern. Default: nothing
 */
export function parsePattern(path: string, basePath = ""): ParsedPattern {
  const problems: PatternProblem[] = [];
  const segments = [...parsePart("basePath", basePath, problems), ...parsePart("path", path, problems)];
  checkWhole(segments, path, problems);
  if (problems.length > 0) return { pattern: undefined, problems };
  return {
    pattern: {
      path: `/${[...splitSegments(basePath), ...splitSegments(path)].join("/")}`,
      segments,
      parameters: segments.flatMap((segment) =>
        segment.kind !== "static" && segment.name !== undefined ? [segment.name] : [],
      ),
      shapes: [...new Set(expandPattern(segments).map(shapeOf))],
    },
    problems: [],
  };
}

/** Every expansion of the optional parameters, the longest first; of equal shapes the first one counts. */
export function expandPattern(segments: readonly PathSegment[]): (readonly PathSegment[])[] {
  const at = segments.findIndex((segment) => segment.kind === "parameter" && segment.optional);
  const segment = segments[at];
  if (segment?.kind !== "parameter") return [segments];
  const before = segments.slice(0, at);
  const after = segments.slice(at + 1);
  return [
    ...expandPattern([...before, { ...segment, optional: false }, ...after]),
    ...expandPattern([...before, ...after]),
  ];
}

/** A path without optionals with its names removed: `/players/:/matches`. */
export function shapeOf(segments: readonly PathSegment[]): string {
  return `/${segments.map(segmentShape).join("/")}`;
}

/** The reserved path that a pattern lies on or below (S4.6), or undefined. Whatever begins with `/~` is reserved. */
export function isUnder(pattern: PathPattern, reserved: readonly string[]): string | undefined {
  const first = pattern.segments[0];
  if (first?.kind === "static" && first.text.startsWith("~")) return "/~";
  const expansions = expandPattern(pattern.segments);
  return reserved.find((path) => {
    const texts = splitSegments(path);
    return expansions.some((segments) => beginsWith(segments, texts));
  });
}

function beginsWith(segments: readonly PathSegment[], texts: readonly string[]): boolean {
  return texts.every((text, index) => {
    const segment = segments[index];
    return segment?.kind === "static" && segment.text === text;
  });
}

function segmentShape(segment: PathSegment): string {
  if (segment.kind === "static") return segment.text;
  if (segment.kind === "rest") return "**";
  return segment.regex === undefined ? ":" : `:(${segment.regex})`;
}

function parsePart(part: PatternProblem["part"], text: string, problems: PatternProblem[]): PathSegment[] {
  const found = (message: string, expected: string, what: string): void => {
    problems.push({ part, message, expected, found: what });
  };
  if (text.length > maxLength) {
    found("The path is too long.", `at most ${maxLength} characters`, `${text.length} characters`);
    return [];
  }
  if (text !== "" && !text.startsWith("/")) {
    found("A path begins with a slash.", `/${text}`, text);
    return [];
  }
  return splitSegments(text).flatMap((segment) => parseSegment(segment, found) ?? []);
}

type Found = (message: string, expected: string, what: string) => void;

function parseSegment(text: string, found: Found): PathSegment | undefined {
  if (text.startsWith(":")) return parseParameter(text, found);
  if (text.startsWith("*")) return parseRest(text, found);
  return parseStatic(text, found);
}

function parseStatic(text: string, found: Found): PathSegment | undefined {
  if (text === "") {
    found("A segment of the path is empty.", "one slash between segments", "//");
    return undefined;
  }
  if (!plainText.test(text)) {
    found(`The segment '${text}' is not understood.`, segmentForms, text);
    return undefined;
  }
  const canonical = canonicalSegment(text);
  if (canonical === undefined || canonical === "." || canonical === "..") {
    found(
      `The segment '${text}' can never be matched.`,
      "text, percent-encoded as UTF-8 where need be",
      text,
    );
    return undefined;
  }
  return { kind: "static", text: canonical };
}

function parseParameter(text: string, found: Found): PathSegment | undefined {
  const match = parameterForm.exec(text);
  const name = match?.[1];
  if (name === undefined) {
    found(`The parameter '${text}' is not understood.`, segmentForms, text);
    return undefined;
  }
  if (!nameAllowed(name, found)) return undefined;
  const regex = match?.[2];
  const problem = regex === undefined ? undefined : regexProblem(regex);
  if (problem !== undefined) {
    found(`The regex of ':${name}' is refused: ${problem.message}`, problem.expected, `(${regex})`);
    return undefined;
  }
  return { kind: "parameter", name, optional: match?.[3] === "?", regex };
}

function parseRest(text: string, found: Found): PathSegment | undefined {
  const name = restForm.exec(text)?.[1];
  if (name === undefined) {
    found(`The wildcard '${text}' is not understood.`, segmentForms, text);
    return undefined;
  }
  if (name === "*") return { kind: "rest", name: undefined };
  return nameAllowed(name, found) ? { kind: "rest", name } : undefined;
}

function nameAllowed(name: string, found: Found): boolean {
  if (!refusedNames.has(name)) return true;
  found(`A parameter cannot be called '${name}'.`, "another name", name);
  return false;
}

function checkWhole(segments: readonly PathSegment[], path: string, problems: PatternProblem[]): void {
  const found = (message: string, expected: string, what: string): void => {
    problems.push({ part: "path", message, expected, found: what });
  };
  const names = new Set<string>();
  let optionals = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === "static") continue;
    if (segment.kind === "rest" && index < segments.length - 1)
      found("A wildcard takes the rest of the path.", "the wildcard as the last segment", path);
    if (segment.kind === "parameter" && segment.optional) optionals += 1;
    if (segment.name === undefined) continue;
    if (names.has(segment.name))
      found(`The parameter '${segment.name}' stands twice.`, "another name for one of them", segment.name);
    names.add(segment.name);
  }
  if (optionals > maxOptionals)
    found("The path has too many optional parameters.", `at most ${maxOptionals}`, String(optionals));
}

/** Splits at slashes that do not stand inside a regex. Drops the leading and one trailing slash. */
function splitSegments(path: string): string[] {
  const segments: string[] = [];
  let depth = 0;
  let begin = 1;
  for (let at = 1; at < path.length; at += 1) {
    const character = path[at];
    if (character === "\\") at += 1;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "/" && depth <= 0) {
      segments.push(path.slice(begin, at));
      begin = at + 1;
    }
  }
  if (begin < path.length) segments.push(path.slice(begin));
  return segments;
}

const overEncoded = /%(?:40|3A|24|26|2B|2C|3B|3D)/g;

/**
 * A path segment as it is compared: decoded once, then encoded the one way that RFC 3986 calls normal (`%7e` and `~`
 * are the same, `%2f` becomes `%2F`). Undefined where its percent-encoding is broken.
 */
export function canonicalSegment(segment: string): string | undefined {
  try {
    return encodeURIComponent(decodeURIComponent(segment)).replace(overEncoded, decodeURIComponent);
  } catch {
    return undefined;
  }
}
