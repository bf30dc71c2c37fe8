import { jsonPath } from "@tidegate/core-registry/runtime";
import { describe, expect, test } from "vitest";
import { webSocket } from "../src/index.ts";

const { schema, fingerprint } = webSocket();

async function faults(input: unknown): Promise<string[]> {
  const { issues = [] } = await schema["~standard"].validate(input);
  return issues.map(
    ({ path = [], message }) =>
      `${jsonPath(path.map((key) => (typeof key === "object" ? key.key : key)))}: ${message}`,
  );
}

const route = { path: "/x", subscribe: { events: ["a.b"] } };

describe("S6.1 the WebSocket part of a fragment", () => {
  test.each([
    [{}],
    [{ description: "# Chat" }],
    [{ basePath: "/chat", routes: [route] }],
    [{ basePath: "/", routes: [{ ...route, description: "d", deprecated: true, ignoreError: true }] }],
    [{ basePath: "/", routes: [{ path: "/:room", publish: { event: "a.b", params: "@message" } }] }],
    [
      {
        basePath: "/",
        routes: [{ ...route, publish: { event: "() => 'a'", filter: "() => 1", map: "() => 1" } }],
      },
    ],
    [
      {
        basePath: "/",
        routes: [{ path: "/x", subscribe: { events: "() => ['a']", filter: "() => 1", map: "() => 1" } }],
      },
    ],
  ])("%j is valid", async (input) => {
    expect(await faults(input)).toEqual([]);
  });

  test.each([
    ["routes without a basePath", { routes: [route] }, ["basePath: Routes need a `basePath`; `/` is one."]],
    [
      "no path",
      { basePath: "/", routes: [{ subscribe: route.subscribe }] },
      ["routes[0].path: A path is a text."],
    ],
    [
      "no connector",
      { basePath: "/", routes: [{ path: "/" }] },
      ["routes[0]: The route does nothing. Add `subscribe`, `publish`, or both."],
    ],
    [
      "S6.2 a streaming route",
      { basePath: "/", routes: [{ path: "/", call: { action: "a.b" } }] },
      [
        "routes[0].call: Streaming routes (`call`) are not supported yet. " +
          "Use `subscribe`, `publish`, or both.",
      ],
    ],
    [
      "members that belong inside",
      { basePath: "/", routes: [{ ...route, map: "() => 1", params: {} }] },
      [
        "routes[0].map: Put `map` inside `subscribe` or `publish`.",
        "routes[0].params: Put `params` inside `publish`.",
      ],
    ],
    [
      "no events",
      { basePath: "/", routes: [{ path: "/", subscribe: { events: [] } }] },
      ["routes[0].subscribe.events: Expected at least one name or pattern."],
    ],
    [
      "a method",
      { basePath: "/", routes: [{ ...route, method: "GET" }] },
      ['routes[0]: Unrecognized key: "method"'],
    ],
    ["a list", [], [": The part `WebSocket` is an object."]],
  ])("%s", async (_what, input, expected) => {
    expect(await faults(input)).toEqual(expected);
  });

  test("all faults are found in one pass", async () => {
    const routes = [{ path: "x//y", call: "a.b" }, { path: 1 }];
    expect(await faults({ routes, description: 1 })).toHaveLength(6);
  });

  test("S1.4 the fingerprint leaves out documentation", () => {
    const plain = { basePath: "/", routes: [{ ...route, path: "/x" }] };
    const documented = {
      ...plain,
      description: "d",
      routes: [{ ...route, description: "d", deprecated: true }],
    };
    expect(fingerprint?.(documented)).toEqual(fingerprint?.(plain));
    expect(fingerprint?.({})).toEqual({ routes: [] });
  });
});
