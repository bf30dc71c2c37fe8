import type { JsonObject } from "@tidegate/core-registry";
import { expandPattern, type PathSegment, parsePattern } from "@tidegate/core-registry/runtime";

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
  return pattern === undefined ? [] : expandPattern(pattern.segments).map(toTemplate);
}

function toTemplate(segments: readonly PathSegment[]): PathTemplate {
  return {
    template: joinSegments(segments, (segment) => `{${nameOf(segment)}}`),
    shape: joinSegments(segments, () => "{}"),
    parameters: segments.flatMap((segment) => (segment.kind === "static" ? [] : [toParameter(segment)])),
  };
}

type NamedSegment = Exclude<PathSegment, { kind: "static" }>;

function joinSegments(segments: readonly PathSegment[], format: (segment: NamedSegment) => string): string {
  const parts = segments.map((segment) => (segment.kind === "static" ? segment.text : format(segment)));
  return `/${parts.join("/")}`;
}

function toParameter(segment: NamedSegment): PathParameter {
  const name = nameOf(segment);
  if (segment.kind === "rest")
    return { name, schema: { type: "string" }, description: "The rest of the path, including slashes." };
  const pattern = segment.regex === undefined ? {} : { pattern: `^(?:${segment.regex})$` };
  return { name, schema: { type: "string", ...pattern } };
}

function nameOf(segment: NamedSegment): string {
  return segment.name ?? "rest";
}
