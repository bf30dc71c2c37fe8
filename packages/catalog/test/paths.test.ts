import { describe, expect, test } from "vitest";
import { pathTemplates } from "../src/paths.ts";

const templates = (pattern: string): string[] => pathTemplates(pattern).map(({ template }) => template);

describe("a path pattern (S4.2) as OpenAPI templates", () => {
  test("a parameter is written in braces", () => {
    expect(templates("/teams/:team/players/:id")).toEqual(["/teams/{team}/players/{id}"]);
  });

  test("an optional parameter makes two paths", () => {
    expect(templates("/players/:id?")).toEqual(["/players/{id}", "/players"]);
    expect(templates("/a/:b?/c")).toEqual(["/a/{b}/c", "/a/c"]);
    expect(templates("/:id?")).toEqual(["/{id}", "/"]);
  });

  test("a regular expression becomes the parameter's pattern, including braces", () => {
    const [path] = pathTemplates("/files/:name([a-z]{2,8})/raw");
    expect(path?.template).toBe("/files/{name}/raw");
    expect(path?.parameters[0]?.schema).toEqual({ type: "string", pattern: "^(?:[a-z]{2,8})$" });
  });

  test("a wildcard is one parameter with a description", () => {
    expect(templates("/files/*path")).toEqual(["/files/{path}"]);
    expect(templates("/files/**")).toEqual(["/files/{rest}"]);
    expect(pathTemplates("/files/**")[0]?.parameters[0]?.description).toContain("slashes");
  });

  test("the shape does not contain names", () => {
    expect(pathTemplates("/a/:id")[0]?.shape).toBe(pathTemplates("/a/:name")[0]?.shape);
  });
});
