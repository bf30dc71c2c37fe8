import { requestScope } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { getOperationAST, isTypeDefinitionNode, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { type Engine, graphqlJitEngine, graphqlJsEngine } from "../src/execution/engines.ts";
import { lazySchema } from "../src/schema/schema.ts";

const types = parse(`
  enum Order { NAME AGE }
  input Page { size: Int! = 20 order: Order = AGE after: [ID!] inner: Page }
  input Choice @oneOf { id: ID name: String }
  interface Named { name: String }
  type Cat implements Named { name: String lives: Int! friend: Cat friends: [Cat] }
  type Dog implements Named { name: String barks: Boolean }
  union Pet = Cat | Dog
  type Query {
    echo(text: String! = "none", page: Page = { size: 5 }, n: Int! = 3): String
    pick(choice: Choice!): String
    cat: Cat  cats: [Cat!] pet: Pet pets: [Pet] named: Named
    nothing: Cat  bad: Cat strict: Cat!
  }
`).definitions.filter(isTypeDefinitionNode);
const entries = new Map(types.map((node) => [node.name.value, [{ node, part: undefined }]]));
const schema = lazySchema({
  entry: (name) => entries.get(name),
  names: () => types.map(({ name }) => name.value),
  implementing: (name) => (name === "Named" ? ["Cat", "Dog"] : []),
  scalars: new Map(),
});
for (const type of ["Named", "Pet"]) {
  Object.assign(schema.getType(type) ?? {}, {
    resolveType: (value: { __typename?: string }) => value.__typename,
  });
}
const cat = (depth: number): object => ({
  __typename: "Cat",
  name: `cat${depth}`,
  lives: depth === 1 ? null : 9 - depth,
  friend: depth > 2 ? null : cat(depth + 1),
  friends: depth > 2 ? [] : [cat(depth + 1), null, cat(depth + 2)],
});
const root = {
  cat: cat(0),
  cats: [cat(0), cat(2)],
  pet: { __typename: "Dog", name: "Rex", barks: true },
  pets: [{ __typename: "Dog", barks: "yes" }, cat(2), { name: "?" }, null],
  named: cat(2),
  nothing: null,
  bad: 7,
  strict: null,
};
const fields = schema.getQueryType()?.getFields() ?? {};
for (const name of ["echo", "pick"]) {
  Object.assign(fields[name] ?? {}, { resolve: async (_: unknown, args: object) => JSON.stringify(args) });
}

/** Executes an operation in both engines. Errors are sorted, and only their paths are compared. */
async function both(text: string, variables: Record<string, unknown>) {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const node = getOperationAST(document);
  if (!node) throw new Error("There is no operation.");
  const run = async (engine: Engine | undefined) => {
    const { data, errors, variableErrors } = (await engine?.(requestScope(), root, variables)) ?? {};
    const paths = (errors ?? []).map(({ path }) => JSON.stringify(path)).sort();
    return {
      data: JSON.parse(JSON.stringify(data ?? null)),
      paths,
      variableErrors: variableErrors?.map(String),
    };
  };
  return {
    jit: await run(graphqlJitEngine(schema, document, node)),
    js: await run(graphqlJsEngine(schema, document, node)),
  };
}

function isBelowNull(data: unknown, [key, ...rest]: readonly (string | number)[]): boolean {
  if (data === null) return true;
  return (
    key !== undefined &&
    isBelowNull((data as Record<string | number, unknown>)[key] ?? (rest.length > 0 ? null : 0), rest)
  );
}

const leaves = [
  "__typename",
  "name",
  "lives",
  "other: name",
  "name @skip(if: $no)",
  "lives @include(if: $yes)",
];
const catSelection: fc.Arbitrary<string> = fc.letrec<{ set: string }>((tie) => ({
  set: fc
    .array(
      fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom(...leaves),
        tie("set").map((inner) => `friend ${inner}`),
        tie("set").map((inner) => `friends ${inner}`),
        tie("set").map((inner) => `... on Cat ${inner}`),
        tie("set").map((inner) => `... @include(if: $yes) ${inner}`),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => `{ ${parts.join(" ")} }`),
})).set;
const petSelection = catSelection.map(
  (inner) => `{ __typename ... on Dog { name barks } ... on Cat ${inner} }`,
);
const page = fc.record(
  {
    size: fc.nat(9),
    order: fc.constantFrom("NAME", "AGE", null),
    after: fc.array(fc.string({ maxLength: 3 })),
  },
  { requiredKeys: [] },
);
const rootField = fc.oneof(
  fc.tuple(fc.constantFrom("cat", "cats", "nothing", "bad"), catSelection).map((parts) => parts.join(" ")),
  fc.tuple(fc.constantFrom("pet", "pets"), petSelection).map((parts) => parts.join(" ")),
  fc.constantFrom(
    "named { __typename name }",
    "echo",
    "echo(page: $page)",
    'echo(text: "t", page: { order: NAME, inner: { after: [$id] } })',
    "echo(n: $n)",
    "echo(text: $text)",
    "pick(choice: $choice)",
    'pick(choice: { name: "x" })',
    "strict { name }",
  ),
);

test("S5.5: graphql-jit and graphql-js return the same data and errors for any operation", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rootField, { minLength: 1, maxLength: 4 }),
      fc.record(
        {
          page,
          n: fc.constantFrom(null, 1),
          text: fc.constantFrom("a", undefined),
          choice: fc.constantFrom({ id: "1" }, { id: "1", name: "n" }, {}),
        },
        { requiredKeys: [] },
      ),
      async (asked, variables) => {
        const text = `query ($yes: Boolean! = true, $no: Boolean = false, $page: Page, $n: Int = 8, $text: String = "d", $id: ID! = "i", $choice: Choice! = { id: "0" }) {
          yes: __typename @include(if: $yes) no: __typename @skip(if: $no)
          u1: echo(page: $page, n: $n, text: $text) u2: pick(choice: $choice) u3: echo(page: { after: [$id] })
          ${asked.map((each, index) => `f${index}: ${each}`).join("\n")} }`;
        const { jit, js } = await both(text, variables);
        // Where a null propagated, graphql-jit also reports the other errors below that null, which GraphQL
        // allows.
        const more = jit.paths.filter((path) => !js.paths.includes(path));
        expect(more.filter((path) => !isBelowNull(jit.data, JSON.parse(path)))).toEqual([]);
        expect({ ...jit, paths: jit.paths.filter((path) => !more.includes(path)) }).toEqual(js);
      },
    ),
    { numRuns: 150 },
  );
});
