import { expandPattern, type JsonObject, type PathSegment, parsePattern } from "@tidegate/core-registry";

/** One path of a route as OpenAPI writes it. */
export interface PathTemplate {
  /** `/players/{id}`. */
  readonly template: string;
  /** The same with names removed: two templates of one shape are one path to OpenAPI. */
  readonly shape: string;
  /** Its parameters, in order. */
  readonly parameters: readonly PathParameter[];
}

/** A parameter of a path. */
export interface PathParameter {
  /** Its name. */
  readonly name: string;
  /** What it looks like, where its pattern says so. */
  readonly schema: JsonObject;
  /** Where it is more than one segment. */
  readonly description?: string;
}

/**
 * A path pattern (S4.2) as OpenAPI templates: one, or several where parameters are optional (`/a/:b?` is `/a` and `/a/{b}`).
 * None where it is no pattern.
 */
export function pathTemplates(path: string): readonly PathTemplate[] {
  const { pattern } = parsePattern(path);
  return pattern === undefined ? [] : expandPattern(pattern.segments).map(toTemplate);
}

function toTemplate(segments: readonly PathSegment[]): PathTemplate {
  return {
    template: `/${segments.map((segment) => (segment.kind === "static" ? segment.text : `{${nameOf(segment)}}`)).join("/")}`,
    shape: `/${segments.map((segment) => (segment.kind === "static" ? segment.text : "{}")).join("/")}`,
    parameters: segments.flatMap((segment) => (segment.kind === "static" ? [] : [toParameter(segment)])),
  };
}

type NamedSegment = Exclude<PathSegment, { kind: "static" }>;

function toParameter(segment: NamedSegment): PathParameter {
  const name = nameOf(segment);
  if (segment.kind === "rest") {
    return { name, schema: { type: "string" }, description: "The rest of the path, with its slashes." };
  }
  const pattern = segment.regex === undefined ? {} : { pattern: `^(?:${segment.regex})$` };
  return { name, schema: { type: "string", ...pattern } };
}

function nameOf(segment: NamedSegment): string {
  return segment.name ?? "rest";
}
