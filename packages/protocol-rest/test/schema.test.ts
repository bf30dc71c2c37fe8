import { jsonPath } from "@tidegate/core-registry/runtime";
import { describe, expect, test } from "vitest";
import { rest } from "../src/index.ts";

const { schema, fingerprint } = rest();

async function faults(input: unknown): Promise<string[]> {
  const { issues = [] } = await schema["~standard"].validate(input);
  return issues.map(
    ({ path = [], message }) =>
      `${jsonPath(path.map((key) => (typeof key === "object" ? key.key : key)))}: ${message}`,
  );
}

const route = { method: "GET", path: "/x", call: { action: "player.get" } };

describe("S4.1 the REST part of a fragment", () => {
  test.each([
    [{}],
    [{ description: "# Players" }],
    [{ basePath: "/players", routes: [route] }],
    [{ basePath: "/", routes: [{ ...route, description: "d", deprecated: true, ignoreError: true }] }],
    [{ basePath: "/", routes: [{ method: "POST", path: "/x", publish: { event: "a.b", params: "@body" } }] }],
    [{ basePath: "/", routes: [{ method: "GET", path: "/x", map: "() => 1" }] }],
    [{ basePath: "/", routes: [{ method: "GET", action: "player.list", params: { a: "@query.a" } }] }],
    [{ basePath: "/", routes: [{ method: "POST", call: "file.upload", params: "@body", map: "() => 1" }] }],
  ])("%j is valid", async (input) => {
    expect(await faults(input)).toEqual([]);
  });

  test.each([
    ["routes without a basePath", { routes: [route] }, "basePath: Routes require a `basePath`, such as `/`."],
    [
      "an unknown method",
      { basePath: "/", routes: [{ ...route, method: "HEAD" }] },
      "routes[0].method: Expected one of GET, POST, PUT, PATCH, DELETE.",
    ],
    [
      "no connector",
      { basePath: "/", routes: [{ method: "GET", path: "/" }] },
      "routes[0]: The endpoint has no connector: expected `call`, `publish` or `map`.",
    ],
    [
      "two connectors",
      { basePath: "/", routes: [{ ...route, map: "() => 1" }] },
      "routes[0].map: An endpoint can have only one connector, and this one already has `call`. " +
        "To map its result, move `map` into `call`.",
    ],
    [
      "publish on GET",
      { basePath: "/", routes: [{ method: "GET", path: "/", publish: { event: "a" } }] },
      "routes[0].publish: A GET route cannot publish. Use POST, PUT, PATCH or DELETE.",
    ],
    [
      "no path in the long form",
      { basePath: "/", routes: [{ method: "GET", call: { action: "a.b" } }] },
      "routes[0].path: A route needs a `path`.",
    ],
  ])("%s is a fault", async (_, input, fault) => {
    expect(await faults(input)).toEqual([fault]);
  });

  test("S1 every fault is found in one pass", async () => {
    const found = await faults({
      routes: [{ method: "HEAD", call: { action: "a.b", x: 1 }, map: "f", y: 1 }, 5],
      z: 1,
    });
    expect(found.map((fault) => fault.slice(0, fault.indexOf(": "))).sort()).toEqual([
      "",
      "basePath",
      "routes[0]",
      "routes[0].call",
      "routes[0].map",
      "routes[0].method",
      "routes[1]",
    ]);
  });

  test("subscribe is unknown to REST", async () => {
    const [fault] = await faults({ basePath: "/", routes: [{ ...route, subscribe: { events: ["a"] } }] });
    expect(fault).toContain("subscribe");
  });

  test("S4.2 an invalid path is a fault", async () => {
    const found = await faults({ basePath: "/a b", routes: [{ ...route, path: "/:id(" }] });
    expect(found).toEqual([
      expect.stringMatching(/^basePath: /),
      expect.stringMatching(/^routes\[0\]\.path: /),
    ]);
  });

  test("S1.5 the schema has a JSON Schema", () => {
    expect(schema["~standard"].jsonSchema.input({ target: "draft-2020-12" })).toMatchObject({
      type: "object",
      properties: { routes: { items: { required: ["method"], additionalProperties: false } } },
    });
  });
});

test("S1.4 the fingerprint leaves out documentation", () => {
  const input = { basePath: "/", routes: [{ method: "GET" as const, path: "/x", map: "() => 1" }] };
  const documented = {
    ...input,
    description: "d",
    routes: [{ ...input.routes[0], method: "GET" as const, description: "e", deprecated: true }],
  };
  expect(fingerprint?.(documented)).toEqual(fingerprint?.(input));
  expect(fingerprint?.({ ...input, basePath: "/y" })).not.toEqual(fingerprint?.(input));
});
