import type { Assembled, Change } from "@tidegate/core-registry";
import { expect, test } from "vitest";
import { createAssembler } from "../src/schema/assemble.ts";
import { diffCompositions } from "../src/schema/diff.ts";
import { assembleTools, fragmentOf, scalars, withWaiting } from "./fragments.ts";

type Texts = Readonly<Record<string, string>>;

/** Returns the changes between two versions of a branch. The texts are the `typeDefs` by service. */
async function changes(before: Texts, after: Texts): Promise<readonly Change[]> {
  const { assemble, schemaOf, empty } = createAssembler(scalars, 5_000, () => []);
  const assembleTexts = async (texts: Texts, previous: Assembled | undefined) => {
    const parts = withWaiting(Object.entries(texts).map(([service, text]) => fragmentOf(service, text)));
    const { tools, problems } = assembleTools(previous);
    const assembled = await assemble(parts, tools);
    expect(problems).toEqual({ findings: [], unattributed: [] });
    return assembled;
  };
  const one = await assembleTexts(before, undefined);
  const other = await assembleTexts(after, one);
  const compositionOf = (assembled: Assembled) => schemaOf(assembled)?.composition ?? empty;
  return diffCompositions(compositionOf(one), compositionOf(other), scalars);
}

const summary = ({ kind, label, level, service }: Change): string => `${kind} ${label} ${level} ${service}`;

const others: Texts = { other: "type Other { a: Int } extend type Query { other: Other }" };

test.each<[what: string, before: string, after: string, expected: readonly string[]]>([
  [
    "removing a field is breaking",
    "type A { id: ID name: String }",
    "type A { id: ID }",
    ["removed A.name breaking s"],
  ],
  [
    "removing a root field is breaking, and one change",
    "extend type Query { a: Int b: Int }",
    "extend type Query { a: Int }",
    ["removed Query.b breaking s"],
  ],
  [
    "making an argument of a root field required is breaking",
    "extend type Query { a(id: ID): Int }",
    "extend type Query { a(id: ID!): Int }",
    ["changed Query.a breaking s"],
  ],
  [
    "adding a required argument is breaking",
    "type A { a: Int }",
    "type A { a(id: ID!): Int }",
    ["added A.a breaking s"],
  ],
  [
    "making a root field non-null is safe",
    "extend type Query { a: Int }",
    "extend type Query { a: Int! }",
    ["changed Query.a safe s"],
  ],
  ["adding an enum value is dangerous", "enum E { A }", "enum E { A B }", ["added E.B dangerous s"]],
  ["removing an enum value is breaking", "enum E { A B }", "enum E { A }", ["removed E.B breaking s"]],
  [
    "members of a union come and go",
    "type A { a: Int } type B { a: Int } type C { a: Int } union U = A | B",
    "type A { a: Int } type B { a: Int } type C { a: Int } union U = A | C",
    ["added C in U dangerous s", "removed B in U breaking s"],
  ],
  [
    "interfaces of a type come and go",
    "interface I { a: Int } interface J { a: Int } type A implements I { a: Int }",
    "interface I { a: Int } interface J { a: Int } type A implements J { a: Int }",
    ["added A implements J dangerous s", "removed A implements I breaking s"],
  ],
  [
    "changing the kind of a type is breaking",
    "type A { a: Int }",
    "interface A { a: Int }",
    ["changed A breaking s"],
  ],
  ["types come and go", "type A { a: Int }", "type B { a: Int }", ["removed A breaking s", "added B safe s"]],
  [
    "descriptions and the order of fields are no change",
    'extend type Query { a(id: ID): Int b: Int } type A { "old" a: Int b: Int } enum E { X Y }',
    `"new" type A { "new" a: Int b: Int } "new" enum E { Y "new" X }
    extend type Query { b: Int "new" a("new" id: ID): Int }`,
    [],
  ],
])("S10: %s", async (_, before, after, expected) => {
  const found = await changes({ ...others, s: before }, { ...others, s: after });
  expect(found.map(summary)).toEqual(expected);
});

test("S10: a change of an extended type names the service of the extension", async () => {
  const base = { s: "type A { a: Int }", t: "extend type A { t: Int }", u: "extend type A { u: Int }" };
  expect((await changes(base, { ...base, u: "extend type A { u: Int! }" })).map(summary)).toEqual([
    "changed A.u safe u",
  ]);
  expect((await changes(base, { ...base, t: "type T { a: Int }" })).map(summary)).toEqual([
    "added T safe t",
    "removed A.t breaking t",
  ]);
});

test("S10: an identical type of another service is no change", async () => {
  const found = await changes(
    { s: "type A { a: Int } extend type Query { a: A }", t: "type T { a: Int }" },
    { s: "extend type Query { a: A }", t: "type T { a: Int } type A { a: Int }" },
  );
  expect(found).toEqual([]);
});

test("S10: the first and the last fragment of a branch change fields only", async () => {
  const some = { s: "type A { a: Int } extend type Query { a: A }" };
  expect((await changes({}, some)).map(summary)).toEqual(["added Query.a safe s"]);
  expect((await changes(some, {})).map(summary)).toEqual(["removed Query.a breaking s"]);
});
