import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonFrame, parseJsonPath } from "../../../src/runtime/fragment/frames.ts";
import { jsonPath } from "../../../src/runtime/fragment/issues.ts";

const fragment = {
  protocol: {
    REST: {
      basePath: "/teams",
      routes: [{ method: "GET", path: "/:id", cal: "team.get" }, { method: "GET" }],
    },
  },
};

describe("S1: a place in a fragment is shown with the lines around", () => {
  test("an unknown member", () => {
    expect(jsonFrame(fragment, "protocol.REST.routes[0].cal")).toBe(
      [
        '  |           "method": "GET",',
        '  |           "path": "/:id",',
        '> |           "cal": "team.get"',
        "  |           ^",
        "  |         },",
        "  |         {",
      ].join("\n"),
    );
  });

  test("for a missing place, its nearest existing parent", () => {
    expect(jsonFrame(fragment, "protocol.REST.routes[1].call.action")).toContain("> |         {");
    expect(jsonFrame({}, "protocol.REST")).toContain("> | {}");
  });

  test("parsing a path returns the keys from which it was written", () => {
    const key = fc.oneof(fc.nat(), fc.string(), fc.constantFrom("REST", "routes", "a b", '"', "\\"));
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        expect(parseJsonPath(jsonPath(keys))).toEqual(keys.map(String));
      }),
    );
  });

  test("any value and path has a frame with a mark", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, path) => {
        expect(jsonFrame(value, path)).toContain("^");
      }),
    );
  });
});
