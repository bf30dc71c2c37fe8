import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Protocol } from "../../../src/contracts/protocol.ts";
import { anyPolicy, type PathsInput, pathsProtocol, setUpPlugins } from "./kit.ts";

type Broken = Partial<Protocol<PathsInput>>;

const route = { kind: "http", method: "GET", path: "/bad", handle: () => undefined } as const;
/** Values that the types forbid: plugins in JavaScript return them all the same. */
const wrong = (value: unknown) => value as never;

const throwing = (): never => {
  throw new Error("boom");
};
const never = (): Promise<never> => new Promise(() => undefined);

describe("S17: a part that a protocol fails to compile is refused, and names the plugin", () => {
  test.each<readonly [kind: string, broken: Broken, reason: string]>([
    ["compile throws", { compile: throwing }, "boom"],
    ["compile rejects", { compile: () => Promise.reject(new Error("boom")) }, "boom"],
    ["compile throws a text", { compile: () => Promise.reject("no error") }, "it threw a string"],
    ["compile returns nothing", { compile: () => wrong(undefined) }, "instead of a compiled part"],
    ["compile returns a list", { compile: () => wrong([]) }, "a list instead of a compiled part"],
    ["routes: [null]", { compile: () => ({ routes: [wrong(null)] }) }, "`routes[0]` is null"],
    ["routes: {}", { compile: () => ({ routes: wrong({}) }) }, "`routes` is an object"],
    ["routes one level too deep", { compile: () => ({ routes: wrong([[route]]) }) }, "`routes[0]` is a list"],
    [
      "a route without handle",
      { compile: () => ({ routes: [wrong({ ...route, handle: 1 })] }) },
      "no function `handle`",
    ],
    ["a method of its own", { compile: () => ({ routes: [wrong({ ...route, method: "LOOK" })] }) }, "LOOK"],
    ["a path without slash", { compile: () => ({ routes: [wrong({ ...route, path: "x" })] }) }, "`path`"],
    ["claims without key", { compile: () => ({ claims: [wrong({ jsonPath: "" })] }) }, "has no `key`"],
    [
      "needs are no list",
      { compile: () => ({ claims: [wrong({ key: "a", jsonPath: "", needs: 1 })] }) },
      "needs",
    ],
    [
      "an endpoint that is a text",
      { compile: () => ({ routes: [wrong({ ...route, endpoint: "x" })] }) },
      "an `endpoint` that is a string",
    ],
    ["dispose is a text", { compile: () => wrong({ dispose: "x" }) }, "`dispose` is not a function"],
    ["fingerprint throws", { fingerprint: throwing }, "failed in 'fingerprint'"],
    [
      "a getter throws",
      {
        compile: () => ({
          get routes() {
            return throwing();
          },
        }),
      },
      "boom",
    ],
  ])("%s", async (_, broken, reason) => {
    const { publish, registry, served, reportOf, lines } = await setUpPlugins({
      protocols: [pathsProtocol("Bad", broken), pathsProtocol("Paths")],
    });
    publish("bad", { protocol: { Bad: { paths: ["/bad"] } } });
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /good"]);
    const { state, findings } = reportOf("bad") ?? {};
    expect(state).toBe("failed");
    expect(findings?.map(({ code }) => code)).toContain("PLUGIN_FAILED");
    expect(findings?.map(({ message }) => message).join("\n")).toContain(reason);
    expect(findings?.map(({ message }) => message).join("\n")).toContain("protocol plugin 'Bad'");
    expect(reportOf("good")?.state).toBe("succeeded");
    expect(lines.join("\n")).toContain("protocol plugin 'Bad'");
  });
});

describe("S17: a schema that fails refuses the part", () => {
  const schemaOf = (validate: () => unknown): Broken => ({
    schema: {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: wrong(validate),
        jsonSchema: { input: () => ({}), output: () => ({}) },
      },
    },
  });
  test.each<readonly [kind: string, validate: () => unknown, reason: string]>([
    ["throws", throwing, "boom"],
    ["rejects", () => Promise.reject(new Error("boom")), "boom"],
    ["returns nothing", () => undefined, "instead of a result"],
    ["returns no value and no issues", () => ({}), "neither `value` nor `issues`"],
    ["returns issues of a wrong type", () => ({ issues: "many" }), "`issues` of its result is not a list"],
    ["returns issues without messages", () => ({ issues: [{}] }), "has no message"],
  ])("%s", async (_, validate, reason) => {
    const { publish, registry, served, reportOf } = await setUpPlugins({
      protocols: [pathsProtocol("Bad", schemaOf(validate)), pathsProtocol("Paths")],
    });
    publish("bad", { protocol: { Bad: { paths: ["/bad"] } } });
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await registry.settled();
    expect(served()).toEqual(["GET /good"]);
    const [finding] = reportOf("bad")?.findings ?? [];
    expect(finding).toMatchObject({ code: "PLUGIN_FAILED", jsonPath: "protocol.Bad" });
    expect(finding?.message).toContain(reason);
  });

  test("a JSON Schema that cannot be made does not break the schema of fragments (S1.5)", async () => {
    const { registry } = await setUpPlugins({
      protocols: [
        pathsProtocol("Bad", {
          schema: {
            "~standard": {
              version: 1,
              vendor: "test",
              validate: (value) => ({ value: value as PathsInput }),
              jsonSchema: { input: throwing, output: throwing },
            },
          },
        }),
        pathsProtocol("Paths"),
      ],
    });
    expect(JSON.stringify(registry.fragmentSchema())).toContain('"Paths"');
  });
});

test("S1.5: references inside of a plugin's JSON Schema point into that schema", async () => {
  const node: z.ZodType = z.lazy(() => z.strictObject({ next: node.optional() }));
  const { registry } = await setUpPlugins({
    policies: [anyPolicy("ask", { schema: z.strictObject({ ask: node.optional() }) })],
    protocols: [pathsProtocol("Paths", { schema: wrong(z.strictObject({ first: node })) })],
  });
  const schema: unknown = registry.fragmentSchema();
  expect(danglingReferences(schema, schema)).toEqual([]);
  expect(JSON.stringify(schema)).toContain("#/$defs/");
});

/** The references that point to nothing: each begins at the nearest schema with an `$id`. */
function danglingReferences(schema: unknown, base: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "$id" in schema ? schema : base;
  const { $ref } = schema as { readonly $ref?: unknown };
  const isDangling =
    typeof $ref === "string" &&
    $ref
      .slice(2)
      .split("/")
      .filter((key) => key !== "")
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], own) === undefined;
  return [
    ...(isDangling ? [String($ref)] : []),
    ...Object.values(schema).flatMap((value) => danglingReferences(value, own)),
  ];
}

test.each<readonly [kind: string, locate: () => never]>([
  ["throws", throwing],
  ["returns nothing", () => wrong(undefined)],
  ["returns a line that is no number", () => wrong({ line: "1", column: 1, frame: "" })],
])("S17: a `locate` that %s costs the finding its place only", async (_, locate) => {
  const { publish, registry, reportOf, clock } = await setUpPlugins({
    protocols: [
      pathsProtocol("Paths", {
        compile: ({ paths }, { origin }) => ({
          claims: paths.map((key) => ({ key, jsonPath: origin.jsonPath, locate, needs: ["missing"] })),
        }),
      }),
    ],
  });
  publish("one", { protocol: { Paths: { paths: ["taken"] } } });
  await registry.settled();
  publish("two", { protocol: { Paths: { paths: ["taken"] } } });
  await registry.settled();
  // What waits is reported after a second (S10.2).
  clock.advance(1_000);
  for (const [service, code] of [
    ["one", "CLAIM_WAITING"],
    ["two", "CLAIM_TAKEN"],
  ] as const) {
    const finding = reportOf(service)?.findings.find((each) => each.code === code);
    expect(finding).toMatchObject({ code, jsonPath: "protocol.Paths" });
    expect(finding).not.toHaveProperty("line");
  }
});

describe("S17: a plugin that is too late delays nobody else", () => {
  test.each<readonly [member: string, broken: Broken]>([
    ["compile", { compile: never }],
    [
      "schema",
      {
        schema: {
          "~standard": {
            version: 1,
            vendor: "test",
            validate: never,
            jsonSchema: { input: () => ({}), output: () => ({}) },
          },
        },
      },
    ],
  ])(
    "%s that never settles: others are served meanwhile, and the fragment is refused after 10 s",
    async (member, broken) => {
      const { publish, bus, registry, served, reportOf, clock, lines } = await setUpPlugins({
        protocols: [pathsProtocol("Slow", broken), pathsProtocol("Paths")],
      });
      publish("slow", { protocol: { Slow: { paths: ["/slow"] } } });
      publish("good", { protocol: { Paths: { paths: ["/good"] } } });
      await bus.node("node-good").waitForReport();
      expect(served()).toEqual(["GET /good"]);
      expect(reportOf("slow")).toBeUndefined();
      clock.advance(10_000);
      const report = await bus.node("node-slow").waitForReport();
      expect(report.findings[0]?.message).toBe(
        `The protocol plugin 'Slow' failed in '${member}': it did not finish within 10 seconds.`,
      );
      await registry.settled();
      expect(lines.join("\n")).toContain(`The protocol plugin 'Slow' failed in '${member}'`);
    },
  );

  test("compile that takes 5 s: others are served meanwhile, the fragment is served after it", async () => {
    const compiled = Promise.withResolvers<void>();
    const good = pathsProtocol("Slow");
    const { publish, bus, registry, served } = await setUpPlugins({
      protocols: [
        pathsProtocol("Slow", {
          compile: async (input, tools) => {
            await compiled.promise;
            return good.compile(input, tools);
          },
        }),
        pathsProtocol("Paths"),
      ],
    });
    publish("slow", { protocol: { Slow: { paths: ["/slow"] } } });
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    await bus.node("node-good").waitForReport();
    expect(served()).toEqual(["GET /good"]);
    compiled.resolve();
    await registry.settled();
    expect(served()).toEqual(
      ["GET /good", "GET /slow"].toSorted((a, b) => served().indexOf(a) - served().indexOf(b)),
    );
    expect(served()).toHaveLength(2);
  });

  test("the limit is an option, and the signal aborts with it", async () => {
    let signal: AbortSignal | undefined;
    const { publish, bus, clock } = await setUpPlugins({
      pluginTimeoutSeconds: 2,
      protocols: [
        pathsProtocol("Slow", {
          compile: (_, tools) => {
            signal = tools.signal;
            return never();
          },
        }),
      ],
    });
    publish("slow", { protocol: { Slow: { paths: ["/slow"] } } });
    await expect.poll(() => signal).toBeDefined();
    clock.advance(2_000);
    const report = await bus.node("node-slow").waitForReport();
    expect(report.findings[0]?.message).toContain("it did not finish within 2 seconds");
    expect(signal?.aborted).toBe(true);
  });

  test("assemble that never settles: its new fragments are refused, others served", async () => {
    let isStuck = false;
    const { publish, bus, clock, registry, served, reportOf } = await setUpPlugins({
      protocols: [
        pathsProtocol("Whole", {
          reserved: ["/whole"],
          assemble: (parts) => {
            if (parts.length < 2) return {};
            isStuck = true;
            return never();
          },
        }),
        pathsProtocol("Paths"),
      ],
    });
    publish("one", { protocol: { Whole: { paths: ["/one"] } } });
    await registry.settled();
    publish("two", { protocol: { Whole: { paths: ["/two"] } } });
    await expect.poll(() => isStuck).toBe(true);
    publish("good", { protocol: { Paths: { paths: ["/good"] } } });
    clock.advance(10_000);
    await bus.node("node-good").waitForReport();
    expect(served()).toEqual(expect.arrayContaining(["GET /one", "GET /good"]));
    expect(served()).not.toContain("GET /two");
    expect(reportOf("two")?.findings[0]?.message).toContain("did not finish within 10 seconds");
  });
});
