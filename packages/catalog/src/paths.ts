import type { JsonObject } from "@tidegate/core-registry";
import { expandPattern, type PathSegment, parsePattern, shapeOf } from "@tidegate/core-registry/runtime";

/** One path of a route in the notation of OpenAPI. */
export interface PathTemplate {
  /** The path with parameters in braces, such as `/players/{id}`. */
  readonly template: string;
  /**
   * The template without the names of parameters. OpenAPI treats two templates of one shape as the same path.
   */
  readonly shape: string;
  /** In the order of the path. */
  readonly parameters: readonly PathParameter[];
}

/** Describes one parameter of a path as OpenAPI needs it. */
export interface PathParameter {
  readonly name: string;
  readonly schema: JsonObject;
  /** Present for a parameter that can be more than one segment. */
  readonly description?: string;
}

/**
 * Converts a path pattern (S4.2) to OpenAPI templates: several where parameters are optional (`/a/:b?` is
 * `/a` and `/a/{b}`), none where the pattern is invalid.
 */
export function pathTemplates(path: string): readonly PathTemplate[] {
  const { pattern } = parsePattern(path);
  if (pattern === undefined) return [];
  // Of equal expansions (`/a/:b?/:c?` without b, and without c) only the first one is ever used.
  const expansions = new Map<string, readonly PathSegment[]>();
  for (const segments of expandPattern(pattern.segments)) {
    const shape = shapeOf(segments);
    if (!expansions.has(shape)) expansions.set(shape, segments);
  }
  return [...expansions.values()].map(toTemplate);
}

function toTemplate(segments: readonly PathSegment[]): PathTemplate {
  const parameters = segments.flatMap((segment) =>
    segment.kind === "static" ? [] : [toParameter(segment, nameOf(segment, segments))],
  );
  return {
    template: joinSegments(segments, (segment) => `{${nameOf(segment, segments)}}`),
    shape: joinSegments(segments, () => "{}"),
    parameters,
  };
}

type NamedSegment = Exclude<PathSegment, { kind: "static" }>;

function joinSegments(segments: readonly PathSegment[], format: (segment: NamedSegment) => string): string {
  const parts = segments.map((segment) => (segment.kind === "static" ? segment.text : format(segment)));
  return `/${parts.join("/")}`;
}

function toParameter(segment: NamedSegment, name: string): PathParameter {
  if (segment.kind === "rest")
    return { name, schema: { type: "string" }, description: "The rest of the path, including slashes." };
  const pattern = segment.regex === undefined ? {} : { pattern: `^(?:${segment.regex})$` };
  return { name, schema: { type: "string", ...pattern } };
}

/** The name of a parameter. A wildcard without a name gets one that no other parameter of the path has. */
function nameOf({ name }: NamedSegment, segments: readonly PathSegment[]): string {
  if (name !== undefined) return name;
  const used = new Set(segments.map((segment) => (segment.kind === "static" ? undefined : segment.name)));
  let free = "rest";
  for (let n = 2; used.has(free); n += 1) free = `rest${n}`;
  return free;
}
