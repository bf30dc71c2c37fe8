import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonFrame, keysOf } from "../../../src/runtime/fragment/frames.ts";
import { jsonPath } from "../../../src/runtime/fragment/json-path.ts";

const fragment = {
  protocol: {
    REST: {
      basePath: "/teams",
      routes: [{ method: "GET", path: "/:id", cal: "team.get" }, { method: "GET" }],
    },
  },
};

describe("S1: a place in a fragment is shown with the lines around", () => {
  test("a member that is not known", () => {
    expect(jsonFrame(fragment, "protocol.REST.routes[0].cal")).toBe(
      [
        '   7 |           "method": "GET",',
        '   8 |           "path": "/:id",',
        '>  9 |           "cal": "team.get"',
        "     |           ^",
        "  10 |         },",
        "  11 |         {",
      ].join("\n"),
    );
  });

  test("where something is missing, the nearest place that is there", () => {
    expect(jsonFrame(fragment, "protocol.REST.routes[1].call.action")).toContain("> 11 |         {");
    expect(jsonFrame({}, "protocol.REST")).toContain("> 1 | {}");
  });

  test("the keys of a path are those that it was written of", () => {
    const key = fc.oneof(fc.nat(), fc.string(), fc.constantFrom("REST", "routes", "a b", '"', "\\"));
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        expect(keysOf(jsonPath(keys))).toEqual(keys.map(String));
      }),
    );
  });

  test("whatever the value and the path, there is a frame with a mark", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, path) => {
        expect(jsonFrame(value, path)).toContain("^");
      }),
    );
  });
});
