import { regexProblem } from "./regex.ts";

/** One segment of a path pattern (S4.2). `text` is percent-encoded in its canonical form. */
export type PathSegment =
  | { readonly kind: "static"; readonly text: string }
  | {
      readonly kind: "parameter";
      readonly name: string;
      readonly optional: boolean;
      readonly regex: string | undefined;
    }
  | { readonly kind: "rest"; readonly name: string | undefined };

/** A parsed path pattern (S4.2). Plain data. */
export interface PathPattern {
  /** The complete path, such as `/players/:id`. */
  readonly path: string;
  readonly segments: readonly PathSegment[];
  /** The names of its parameters in order. */
  readonly parameters: readonly string[];
  /**
   * All expansions of its optional parameters, without names: `/players`, `/players/:`. Routes with equal
   * shapes conflict (S4.6).
   */
  readonly shapes: readonly string[];
}

/** One problem of a path pattern. */
export interface PatternProblem {
  /** The text that has the problem. */
  readonly part: "basePath" | "path";
  /** States in one sentence what is wrong. */
  readonly message: string;
  /** The notation that is valid instead. */
  readonly expected: string;
  readonly found: string;
}

/** The result of parsing: a pattern, or all its problems. */
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
 * Parses a path pattern (S4.2). Segments are static texts, `:name`, `:name?` and `:name(regex)` with a regex
 * of proved linear time. The last segment can be `*name` (the rest, not empty) or `**` (the rest, also
 * empty). A trailing slash is ignored.
 * @param path the pattern; `/` and the empty string match the base path itself
 * @param basePath the pattern that precedes it; default: empty
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

/**
 * Lists all expansions of the optional parameters, the longest first. Of equal shapes, the first one is used.
 */
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

/** Returns the shape of an expanded path: the path without names, such as `/players/:/matches`. */
export function shapeOf(segments: readonly PathSegment[]): string {
  return `/${segments.map(segmentShape).join("/")}`;
}

/**
 * Returns the reserved path that contains a pattern (S4.6); undefined where none does. All paths below `/~`
 * are reserved.
 */
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
  const report: Report = (message, expected, found) => {
    problems.push({ part, message, expected, found });
  };
  if (text.length > maxLength) {
    report("The path is too long.", `at most ${maxLength} characters`, `${text.length} characters`);
    return [];
  }
  if (text !== "" && !text.startsWith("/")) {
    report("A path must begin with a slash.", `/${text}`, text);
    return [];
  }
  return splitSegments(text).flatMap((segment) => parseSegment(segment, report) ?? []);
}

type Report = (message: string, expected: string, found: string) => void;

function parseSegment(text: string, report: Report): PathSegment | undefined {
  if (text.startsWith(":")) return parseParameter(text, report);
  if (text.startsWith("*")) return parseRest(text, report);
  return parseStatic(text, report);
}

function parseStatic(text: string, report: Report): PathSegment | undefined {
  if (text === "") {
    report("A segment of the path is empty.", "one slash between segments", "//");
    return undefined;
  }
  if (!plainText.test(text)) {
    report(`The segment '${text}' is not valid.`, segmentForms, text);
    return undefined;
  }
  const canonical = canonicalSegment(text);
  if (canonical === undefined || canonical === "." || canonical === "..") {
    report(
      `The segment '${text}' never matches a request.`,
      "text, percent-encoded as UTF-8 where necessary",
      text,
    );
    return undefined;
  }
  return { kind: "static", text: canonical };
}

function parseParameter(text: string, report: Report): PathSegment | undefined {
  const match = parameterForm.exec(text);
  const name = match?.[1];
  if (name === undefined) {
    report(`The parameter '${text}' is not valid.`, segmentForms, text);
    return undefined;
  }
  if (!isNameAllowed(name, report)) return undefined;
  const regex = match?.[2];
  const problem = regex === undefined ? undefined : regexProblem(regex);
  if (problem !== undefined) {
    report(`The regex of ':${name}' is refused: ${problem.message}`, problem.expected, `(${regex})`);
    return undefined;
  }
  return { kind: "parameter", name, optional: match?.[3] === "?", regex };
}

function parseRest(text: string, report: Report): PathSegment | undefined {
  const name = restForm.exec(text)?.[1];
  if (name === undefined) {
    report(`The wildcard '${text}' is not valid.`, segmentForms, text);
    return undefined;
  }
  if (name === "*") return { kind: "rest", name: undefined };
  return isNameAllowed(name, report) ? { kind: "rest", name } : undefined;
}

function isNameAllowed(name: string, report: Report): boolean {
  if (!refusedNames.has(name)) return true;
  report(`A parameter cannot have the name '${name}'.`, "another name", name);
  return false;
}

function checkWhole(segments: readonly PathSegment[], path: string, problems: PatternProblem[]): void {
  const report: Report = (message, expected, found) => {
    problems.push({ part: "path", message, expected, found });
  };
  const names = new Set<string>();
  let optionals = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === "static") continue;
    if (segment.kind === "rest" && index < segments.length - 1)
      report("A wildcard must be the last segment of the path.", "the wildcard as the last segment", path);
    if (segment.kind === "parameter" && segment.optional) optionals += 1;
    if (segment.name === undefined) continue;
    if (names.has(segment.name))
      report(
        `The path has two parameters with the name '${segment.name}'.`,
        "another name for one of them",
        segment.name,
      );
    names.add(segment.name);
  }
  if (optionals > maxOptionals)
    report("The path has too many optional parameters.", `at most ${maxOptionals}`, String(optionals));
}

/** Splits a path at the slashes outside of regexes. Ignores the first slash and one trailing slash. */
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
 * Converts a path segment to its canonical form: decodes it once, and encodes it in the normal form of RFC
 * 3986 (`%7e` becomes `~`, `%2f` becomes `%2F`). Returns undefined where its percent-encoding is not valid.
 */
export function canonicalSegment(segment: string): string | undefined {
  try {
    return encodeURIComponent(decodeURIComponent(segment)).replace(overEncoded, decodeURIComponent);
  } catch {
    return undefined;
  }
}
