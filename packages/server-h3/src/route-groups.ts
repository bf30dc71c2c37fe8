import type { HttpRoute, Method, Route } from "@tidegate/core-registry";
import { expandPattern, type PathSegment, parsePattern } from "@tidegate/core-registry/runtime";
import { LRUCache } from "lru-cache";
import { addRoute, createRouter, findRoute, type RouterContext } from "rou3";

/** Marks a segment that is a parameter. */
const parameterSegment: unique symbol = Symbol("parameter");
/** Marks a segment that takes the rest of the path. */
const restSegment: unique symbol = Symbol("rest");

/** A segment of a route's path: the text of a static one, or the kind of another. */
type Segment = string | typeof parameterSegment | typeof restSegment;

/** One path that a route's pattern stands for: the pattern with some of its optional parameters left out. */
interface ExpandedPath {
  readonly segments: readonly Segment[];
  /** Names of the parameters, in order. */
  readonly names: readonly string[];
  /** The same path in the syntax of rou3. */
  readonly pattern: string;
  /**
   * Whether rou3 decides between this path and others of the same shape: it has a regex or takes the rest.
   */
  readonly needsRou3: boolean;
}

/** A route at one of its expanded paths. */
export interface RouteEntry<Kind extends Route> extends ExpandedPath {
  readonly route: Kind;
}

/**
 * The routes of one slice that begin with the same segments. Shared by all versions that contain the slice.
 */
export interface RouteGroup<Kind extends Route> {
  /** The routes in the order of the slice. */
  readonly entries: readonly RouteEntry<Kind>[];
  /** The group, divided by the next segment; computed once. */
  divide(): DividedGroup<Kind>;
}

/** A route group, divided by the next segment of its paths. */
export interface DividedGroup<Kind extends Route> {
  /** Routes whose next segment is static, by its text. */
  readonly statics: ReadonlyMap<string, RouteGroup<Kind>>;
  /** Routes whose next segment is a parameter. */
  readonly parameter: RouteGroup<Kind> | undefined;
  /** Routes whose path has no further segment. */
  readonly ends: readonly RouteEntry<Kind>[];
  /** Routes that take the rest of the path. */
  readonly rest: readonly RouteEntry<Kind>[];
}

/** The route that a path leads to. */
export interface RouteMatch<Kind extends Route = HttpRoute> {
  readonly route: Kind;
  /** The parameters by name, decoded once. The object has no prototype. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route for a method among routes whose shape fits the path. */
export type Matcher<Kind extends Route> = (method: string, path: string) => RouteMatch<Kind> | undefined;

/** What a matcher needs to know about its routes. */
export interface MatcherInput<Kind extends Route> {
  readonly methodOf: (route: Kind) => Method;
  /** Called for a route that cannot be matched. */
  readonly onInvalidRoute: (route: Route, error: unknown) => void;
}

const noParams: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

const canonicalSegments = String.raw`(?:\/[\w!$&'+,;=@~-][\w.!$&'+,;=@~-]*)*`;
const parameterName = String.raw`(?!(?:__proto__|constructor|prototype)(?:\/|$))[A-Za-z_]\w*`;
/** Paths that need no parsing: only canonical segments, and at most one parameter, without regex. */
const simplePath = new RegExp(`^${canonicalSegments}(?:\\/:${parameterName})?${canonicalSegments}$`);

/**
 * A changed fragment contains most of its old paths, and checking that a regex is linear takes a millisecond.
 */
const expandedPaths = new LRUCache<string, readonly ExpandedPath[]>({ max: 2000 });

/**
 * Makes the group of a slice's routes of one kind.
 * @param onInvalidRoute called for a route whose path is not a valid pattern
 */
export function groupSlice<Kind extends Route>(
  slice: readonly Kind[],
  onInvalidRoute: (route: Route, error: unknown) => void,
): RouteGroup<Kind> {
  const entries = slice.flatMap((route): RouteEntry<Kind>[] => {
    try {
      return expandPath(route.path).map((path) => ({ ...path, route }));
    } catch (error) {
      onInvalidRoute(route, error);
      return [];
    }
  });
  return createGroup(entries, 0);
}

function createGroup<Kind extends Route>(
  entries: readonly RouteEntry<Kind>[],
  depth: number,
): RouteGroup<Kind> {
  let divided: DividedGroup<Kind> | undefined;
  return {
    entries,
    divide: () => {
      divided ??= divideEntries(entries, depth);
      return divided;
    },
  };
}

function divideEntries<Kind extends Route>(
  entries: readonly RouteEntry<Kind>[],
  depth: number,
): DividedGroup<Kind> {
  const bySegment = Map.groupBy(entries, ({ segments }) => segments[depth]);
  const statics = new Map<string, RouteGroup<Kind>>();
  for (const [segment, list] of bySegment)
    if (typeof segment === "string") statics.set(segment, createGroup(list, depth + 1));
  const parameters = bySegment.get(parameterSegment);
  return {
    statics,
    parameter: parameters && createGroup(parameters, depth + 1),
    ends: bySegment.get(undefined) ?? [],
    rest: bySegment.get(restSegment) ?? [],
  };
}

/** Every path that a pattern stands for, the longest first. @throws Error where the pattern is invalid */
function expandPath(pattern: string): readonly ExpandedPath[] {
  if (pattern !== "" && simplePath.test(pattern)) return [readSimplePath(pattern)];
  const expanded = expandedPaths.get(pattern) ?? parsePath(pattern);
  expandedPaths.set(pattern, expanded);
  return expanded;
}

function parsePath(path: string): readonly ExpandedPath[] {
  const { pattern, problems } = parsePattern(path);
  if (pattern === undefined) throw new Error(problems.map((problem) => problem.message).join(" "));
  return expandPattern(pattern.segments).map((segments) => ({
    segments: segments.map(readSegment),
    names: segments.flatMap((segment) => (segment.kind === "static" ? [] : (segment.name ?? []))),
    pattern: `/${segments.map(rou3Segment).join("/")}`,
    needsRou3: segments.some(
      (segment) => segment.kind === "rest" || (segment.kind === "parameter" && segment.regex !== undefined),
    ),
  }));
}

function readSimplePath(path: string): ExpandedPath {
  const segments = path.slice(1).split("/");
  const parameter = segments.find((segment) => segment.startsWith(":"));
  return {
    segments:
      parameter === undefined
        ? segments
        : segments.map((segment) => (segment === parameter ? parameterSegment : segment)),
    names: parameter === undefined ? [] : [parameter.slice(1)],
    pattern: path.replaceAll("+", "\\+"),
    needsRou3: false,
  };
}

function readSegment(segment: PathSegment): Segment {
  if (segment.kind === "static") return segment.text;
  return segment.kind === "rest" ? restSegment : parameterSegment;
}

function rou3Segment(segment: PathSegment): string {
  if (segment.kind === "static") return segment.text.replace(/[:*(){}?+\\]/g, "\\$&");
  if (segment.kind === "rest") return segment.name === undefined ? "**" : `**:${segment.name}`;
  return segment.regex === undefined ? `:${segment.name}` : `:${segment.name}(${segment.regex})`;
}

/** Makes the matcher of routes of one shape; undefined for no routes. The first of equal routes is used. */
export function createMatcher<Kind extends Route>(
  entries: readonly RouteEntry<Kind>[],
  input: MatcherInput<Kind>,
): Matcher<Kind> | undefined {
  if (entries.length === 0) return undefined;
  return entries.some(({ needsRou3 }) => needsRou3)
    ? rou3Matcher(entries, input)
    : methodMatcher(entries, input);
}

function methodMatcher<Kind extends Route>(
  entries: readonly RouteEntry<Kind>[],
  { methodOf }: MatcherInput<Kind>,
): Matcher<Kind> {
  const byMethod = new Map<string, RouteEntry<Kind>>();
  for (const entry of entries) {
    const method = methodOf(entry.route);
    if (!byMethod.has(method)) byMethod.set(method, entry);
  }
  return (method, path) => {
    const entry = byMethod.get(method);
    return entry && { route: entry.route, params: readParams(entry, path) };
  };
}

/** Leaves the precedence between regexes, and between ways to take the rest, to rou3. */
function rou3Matcher<Kind extends Route>(
  entries: readonly RouteEntry<Kind>[],
  { methodOf, onInvalidRoute }: MatcherInput<Kind>,
): Matcher<Kind> {
  const table: RouterContext<RouteEntry<Kind>> = createRouter();
  for (const entry of entries) {
    try {
      addRoute(table, methodOf(entry.route), entry.pattern, entry);
    } catch (error) {
      onInvalidRoute(entry.route, error);
    }
  }
  return (method, path) => {
    const found = findRoute(table, method, path);
    return found && { route: found.data.route, params: decodeParams(found.data.names, found.params ?? {}) };
  };
}

/** Reads the parameters of an entry without rest and regexes out of a path. */
function readParams({ names, segments }: RouteEntry<Route>, path: string): Readonly<Record<string, string>> {
  if (names.length === 0) return noParams;
  const params: Record<string, string> = Object.create(null);
  let begin = 1;
  let count = 0;
  for (const segment of segments) {
    const slash = path.indexOf("/", begin);
    const end = slash === -1 ? path.length : slash;
    const name = segment === parameterSegment ? names[count] : undefined;
    if (name !== undefined) {
      params[name] = decode(path.slice(begin, end));
      count += 1;
      if (count === names.length) break;
    }
    begin = end + 1;
  }
  return params;
}

function decodeParams(
  names: readonly string[],
  encoded: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (names.length === 0) return noParams;
  const params: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = encoded[name];
    if (value !== undefined) params[name] = decode(value);
  }
  return params;
}

function decode(value: string): string {
  return value.includes("%") ? decodeURIComponent(value) : value;
}
