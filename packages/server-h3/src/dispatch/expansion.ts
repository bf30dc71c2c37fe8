import { expandPattern, type PathSegment, parsePattern } from "@tidegate/core-registry";
import { LRUCache } from "lru-cache";

/** A route's path without optional parameters: one of those that it stands for. */
export interface Expansion {
  /** Its segments, as far as the tree of routes looks at them. */
  readonly outline: readonly Outlined[];
  /** The names of its parameters, in order. */
  readonly names: readonly string[];
  /** The whole of it in rou3's words. */
  readonly pattern: string;
  /** Whether it must be weighed against others of its shape: it has a regex, or takes the rest of the path. */
  readonly ranked: boolean;
}

/** A segment: the text of a static one, or what kind it is. */
export type Outlined = string | typeof parameter | typeof rest;

/** Marks a segment that is a parameter. */
export const parameter: unique symbol = Symbol("parameter");
/** Marks a segment that takes the rest of the path. */
export const rest: unique symbol = Symbol("rest");

/** Paths that need no parsing: texts that are canonical as they stand, and at most one parameter, without a regex. */
const plain =
  /^(?:\/[\w!$&'+,;=@~-][\w.!$&'+,;=@~-]*)*(?:\/:(?!(?:__proto__|constructor|prototype)(?:\/|$))[A-Za-z_]\w*)?(?:\/[\w!$&'+,;=@~-][\w.!$&'+,;=@~-]*)*$/;

/** A changed fragment brings most of its paths again, and to prove a regex linear takes a millisecond. */
const known = new LRUCache<string, readonly Expansion[]>({ max: 2000 });

/** Every expansion of a path, the longest first. @throws Error where it is no path pattern */
export function expansionsOf(path: string): readonly Expansion[] {
  if (path !== "" && plain.test(path)) return [outlinePlain(path)];
  const made = known.get(path) ?? expand(path);
  known.set(path, made);
  return made;
}

function expand(path: string): readonly Expansion[] {
  const { pattern, problems } = parsePattern(path);
  if (pattern === undefined) throw new Error(problems.map((problem) => problem.message).join(" "));
  return expandPattern(pattern.segments).map((segments) => ({
    outline: segments.map(outlineOf),
    names: segments.flatMap(nameOf),
    pattern: `/${segments.map(writeSegment).join("/")}`,
    ranked: segments.some(isRanked),
  }));
}

function outlinePlain(path: string): Expansion {
  const segments = path.slice(1).split("/");
  const named = segments.find((segment) => segment.startsWith(":"));
  return {
    outline: named === undefined ? segments : segments.map((text) => (text === named ? parameter : text)),
    names: named === undefined ? [] : [named.slice(1)],
    pattern: path.replaceAll("+", "\\+"),
    ranked: false,
  };
}

function outlineOf(segment: PathSegment): Outlined {
  if (segment.kind === "static") return segment.text;
  return segment.kind === "rest" ? rest : parameter;
}

function nameOf(segment: PathSegment): readonly string[] {
  return segment.kind === "static" || segment.name === undefined ? [] : [segment.name];
}

function isRanked(segment: PathSegment): boolean {
  return segment.kind === "rest" || (segment.kind === "parameter" && segment.regex !== undefined);
}

/** A segment in rou3's words. */
function writeSegment(segment: PathSegment): string {
  if (segment.kind === "static") return segment.text.replace(/[:*(){}?+\\]/g, "\\$&");
  if (segment.kind === "rest") return segment.name === undefined ? "**" : `**:${segment.name}`;
  return segment.regex === undefined ? `:${segment.name}` : `:${segment.name}(${segment.regex})`;
}
