import type { Assembled, Finding, Part } from "@tidegate/core-registry";
import { requestScope } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { executeSync, getIntrospectionQuery, getNamedType, isLeafType, parse } from "graphql";
import { describe, expect, test } from "vitest";
import type { GraphQLData } from "../src/definitions/compile.ts";
import { createOperations } from "../src/execution/operations.ts";
import { withDefaults } from "../src/options.ts";
import { createAssembler } from "../src/schema/assemble.ts";
import { diffCompositions } from "../src/schema/diff.ts";
import { assembleTools, compiledFragment, scalars, withWaiting } from "./fragments.ts";
import { definitions } from "./generate-definitions.ts";
import { testGateway } from "./test-gateway.ts";

const introspection = parse(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }));

describe("S5.8, S9.6: whatever a fragment defines, only that fragment is refused", () => {
  test("generated definitions are refused with a place, or all made from them works", {
    timeout: 600_000,
  }, async () => {
    let [accepted, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(definitions, { minLength: 1, maxLength: 3 }), async (texts) => {
        const { assemble, schemaOf, empty } = createAssembler(scalars, 5_000, () => []);
        let served: readonly Part<GraphQLData>[] = [];
        let previous: Assembled | undefined;
        for (const [index, text] of texts.entries()) {
          const { part, findings } = compiledFragment(`service${index}`, text);
          const errors = findings.filter(({ severity }) => severity === "error");
          expect(errors.filter(({ line }) => line === undefined)).toEqual([]);
          if (errors.length > 0) {
            refused += 1;
            continue;
          }
          const { tools, problems } = assembleTools(previous);
          const found: Finding[] = [];
          const parts = withWaiting(withOneOwner([...served, part]));
          const assembled = await assemble(parts, {
            ...tools,
            addFinding: (origin, finding) => {
              expect(origin.service).toBe(`service${index}`);
              found.push(finding);
            },
          });
          expect(problems.unattributed).toEqual([]);
          expect(found.filter(({ line }) => line === undefined)).toEqual([]);
          if (found.length > 0) {
            refused += 1;
            continue;
          }
          accepted += 1;
          const before = previous === undefined ? empty : (schemaOf(previous)?.composition ?? empty);
          const made = schemaOf(assembled);
          if (made === undefined) throw new Error("Nothing was assembled.");
          diffCompositions(before, made.composition, scalars);
          made.builtSchema.print();
          const { errors: introspectionErrors } = executeSync({
            schema: made.builtSchema.schema,
            document: introspection,
          });
          expect(introspectionErrors).toBeUndefined();
          await executeEverything(made.builtSchema);
          [served, previous] = [[...served, part], assembled];
        }
      }),
      { numRuns: Number(process.env.TIDEGATE_FUZZ_RUNS ?? 800), seed: 20261127 },
    );
    console.info({ accepted, refused });
    expect(Math.min(accepted, refused)).toBeGreaterThan(100);
  });
});

// The registry gives each claim one owner. A part that claims what another has is not merged.
function withOneOwner(parts: readonly Part<GraphQLData>[]): readonly Part<GraphQLData>[] {
  const owned = new Set<string>();
  return parts.filter(({ compiled: { claims = [] } }) => {
    const keys = claims.map(({ key }) => key);
    const isFree = keys.every((key) => !owned.has(key));
    if (isFree) for (const key of keys) owned.add(key);
    return isFree;
  });
}

type BuiltSchema = Parameters<ReturnType<typeof createOperations>["prepare"]>[0];

/** Selects each root field, and executes what is valid: that makes the default values of its arguments. */
async function executeEverything(builtSchema: BuiltSchema): Promise<void> {
  const operations = createOperations(withDefaults({}));
  const { schema } = builtSchema;
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const [name, field] of Object.entries(type?.getFields() ?? {})) {
      const selection = isLeafType(getNamedType(field.type)) ? "" : "{ __typename }";
      const text = `${type?.name.toLowerCase()} { ${name} ${selection} }`;
      const operation = operations.prepare(builtSchema, text, undefined);
      if (!("errors" in operation)) await operation.engine(requestScope(), undefined, {});
      builtSchema.fingerprint(`${type?.name}.${name}`);
    }
  }
}

const deep = (levels: number): string => `${"[".repeat(levels)}Int${"]".repeat(levels)}`;

/** Definitions with the code, the column and the beginning of the finding that refuses them. */
const refused: readonly [typeDefs: string, code: string, column: number, message: string][] = [
  [
    "extend type Query { a: Int @deprecated(reason: 5) }",
    "GRAPHQL_INVALID",
    48,
    'Argument "@deprecated(reason:)"',
  ],
  [
    "extend type Query { a: Int @deprecated(reason: null) }",
    "GRAPHQL_INVALID",
    48,
    'Argument "@deprecated(reason:)"',
  ],
  ["extend type Query { a(x: Int @deprecated(reason: 5)): Int }", "GRAPHQL_INVALID", 50, "Argument"],
  ["enum E { A @deprecated(reason: [1]) }", "GRAPHQL_INVALID", 32, "Argument"],
  ["input I { a: Int @deprecated(reason: {}) }", "GRAPHQL_INVALID", 38, "Argument"],
  ["union U @specifiedBy(url: 3) = Query", "GRAPHQL_INVALID", 27, "Argument"],
  ["extend type Query { a: Int @skip(if: 3) }", "GRAPHQL_INVALID", 38, "Argument"],
  ["extend type Query { a: Int @deprecated(why: 1) }", "GRAPHQL_INVALID", 40, "Unknown argument"],
  ["extend type Query { a: Int @deprecated @deprecated }", "GRAPHQL_INVALID", 40, "The directive"],
  [
    "type G { x: Int } extend type Query { a(x: G = {}): Int }",
    "GRAPHQL_INVALID",
    44,
    "The type of Query.a(x:)",
  ],
  ["type G { x: Int } input I { g: [[G!]!]! = [[{}]] }", "GRAPHQL_INVALID", 32, "The type of I.g"],
  [
    "type G { x: Int } input I { g: G } extend type Query { a(i: I = {g: {x: 1}}): Int }",
    "GRAPHQL_INVALID",
    32,
    "The type of I.g",
  ],
  ["extend type Query { a(x: Node = {id: 1}): Int }", "GRAPHQL_INVALID", 26, "The type of Query.a(x:)"],
  [
    'extend type Query { a(x: Int = "s"): Int }',
    "GRAPHQL_INVALID",
    32,
    "Query.a(x:) has invalid default value",
  ],
  [
    "enum E { A } extend type Query { a(x: E = B): Int }",
    "GRAPHQL_INVALID",
    43,
    "Query.a(x:) has invalid default",
  ],
  ["input A { b: B = {} } input B { a: A = {} }", "GRAPHQL_INVALID", 40, "Invalid circular reference"],
  ["input A { b: B! } input B { a: A! }", "GRAPHQL_INVALID", 29, "Input Object A cannot be provided"],
  ["input T @oneOf { a: Int = 1 }", "GRAPHQL_INVALID", 18, "OneOf input field T.a"],
  [
    "input T { a: Int } extend input T @oneOf { b: Int! }",
    "GRAPHQL_INVALID",
    35,
    "`@oneOf` belongs to the definition",
  ],
  [
    "interface I implements J { a: Int } interface J implements I { a: Int }",
    "GRAPHQL_INVALID",
    24,
    "Type I cannot implement J",
  ],
  ["union U = V union V = Query", "GRAPHQL_INVALID", 11, "Union type U can only include Object types"],
  ["enum E", "GRAPHQL_INVALID", 1, "Enum type E must define"],
  ["enum E { A A }", "GRAPHQL_INVALID", 12, 'Enum value "E.A"'],
  ["type T { __a: Int }", "GRAPHQL_INVALID", 10, 'Name "__a"'],
  ["extend type Query { a(x: Int! @deprecated): Int }", "GRAPHQL_INVALID", 26, "Required argument"],
  ["extend schema { query: Query }", "GRAPHQL_DEFINITION", 1, "A fragment cannot contain"],
  ["extend type Query { _version: Int }", "GRAPHQL_PROVIDED", 21, "The gateway provides `Query._version`"],
  [`extend type Query { a: ${deep(20_000)} }`, "GRAPHQL_TOO_DEEP", 123, "The brackets"],
];

const good = { typeDefs: "type Good { a: Int } extend type Query { good: Good }" };

describe("S9.6: a fragment for which no schema can be made is refused with a place, and only it", () => {
  test.each(refused.map((row) => [row[0].slice(0, 80), ...row] as const))(
    "%s",
    async (_, typeDefs, code, column, message) => {
      const { publish, findings, ask, document } = await testGateway();
      await publish("bad", { typeDefs });
      const [first] = findings("bad").filter(({ severity }) => severity === "error");
      expect(first).toMatchObject({ code, line: 1, column });
      expect(first?.message.startsWith(message)).toBe(true);
      await publish("good", good);
      expect(await ask("{ good { a } }")).toEqual({ data: { good: null } });
      expect(await document()).toContain("type Good");
    },
  );

  test("a gateway that starts with all of them serves everyone else", async () => {
    const { ask, findings } = await testGateway({}, (bus) => {
      for (const [index, [typeDefs]] of refused.entries())
        bus.node(`bad${index}`).publish({
          name: `bad${index}`,
          fragment: { protocol: { GraphQL: { typeDefs } } },
          actions: {},
        });
      bus.node("good").publish({ name: "good", fragment: { protocol: { GraphQL: good } }, actions: {} });
    });
    expect(await ask("{ good { a } }")).toEqual({ data: { good: null } });
    for (const index of refused.keys())
      expect(findings(`bad${index}`).filter(({ severity }) => severity === "error")).not.toEqual([]);
  });

  test("of two fragments that contradict each other, the later one is refused with a place", async () => {
    const { publish, findings, ask } = await testGateway();
    await publish("early", { typeDefs: "extend type Query { a(x: Later = { y: 1 }): Int b: Int }" });
    await publish("late", { typeDefs: "type Later { y: Int }" });
    expect(findings("late")).toMatchObject([{ code: "GRAPHQL_INVALID", line: 1, column: 6 }]);
    expect(await ask("{ b }")).toEqual({ data: { b: null } });
  });

  test("definitions that no longer wait are no reason to refuse their own fragment", async () => {
    const { publish, findings, ask } = await testGateway();
    await publish("named", { typeDefs: "interface Named { name: String }" });
    await publish("early", {
      typeDefs: `type Early implements Named { name: Name }
        extend type Query { early: Early b: Int }`,
    });
    await publish("late", { typeDefs: "enum Name { ANN }" });
    expect(findings("late").map(({ code, column }) => [code, column])).toEqual([["GRAPHQL_INVALID", 6]]);
    expect(await ask("{ b }")).toEqual({ data: { b: null } });
  });
});
