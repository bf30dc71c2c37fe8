import type { Assembled, Change } from "@tidegate/core-registry";
import { expect, test } from "vitest";
import { createAssembler } from "../src/assemble.ts";
import { difference } from "../src/difference.ts";
import { assembleTools, fragmentOf, placed, scalars } from "./parts.ts";

type Texts = Readonly<Record<string, string>>;

/** What differs between two branches of services, given by their texts. */
async function changes(before: Texts, after: Texts): Promise<readonly Change[]> {
  const { assemble, keptOf, nothing } = createAssembler(scalars, 5_000, () => []);
  const made = async (texts: Texts, previous: Assembled | undefined) => {
    const parts = placed(Object.entries(texts).map(([service, text]) => fragmentOf(service, text)));
    const { tools, told } = assembleTools(previous);
    const assembled = await assemble(parts, tools);
    expect(told).toEqual({ blamed: [], tolerated: [] });
    return assembled;
  };
  const one = await made(before, undefined);
  const other = await made(after, one);
  const compositionOf = (assembled: Assembled) => keptOf(assembled)?.composition ?? nothing;
  return difference(compositionOf(one), compositionOf(other), scalars);
}

const told = ({ kind, label, level, service }: Change): string => `${kind} ${label} ${level} ${service}`;

const others: Texts = { other: "type Other { a: Int } extend type Query { other: Other }" };

test.each<[what: string, before: string, after: string, expected: readonly string[]]>([
  [
    "a field that is gone breaks",
    "type A { id: ID name: String }",
    "type A { id: ID }",
    ["removed A.name breaking s"],
  ],
  [
    "a root field that is gone breaks, and is told once",
    "extend type Query { a: Int b: Int }",
    "extend type Query { a: Int }",
    ["removed Query.b breaking s"],
  ],
  [
    "an argument that must be given breaks, of a root field too",
    "extend type Query { a(id: ID): Int }",
    "extend type Query { a(id: ID!): Int }",
    ["changed Query.a breaking s"],
  ],
  [
    "a new argument that must be given breaks",
    "type A { a: Int }",
    "type A { a(id: ID!): Int }",
    ["added A.a breaking s"],
  ],
  [
    "a root field that promises more is safe",
    "extend type Query { a: Int }",
    "extend type Query { a: Int! }",
    ["changed Query.a safe s"],
  ],
  ["a new value of an enum is dangerous", "enum E { A }", "enum E { A B }", ["added E.B dangerous s"]],
  ["a value that is gone breaks", "enum E { A B }", "enum E { A }", ["removed E.B breaking s"]],
  [
    "members of a union",
    "type A { a: Int } type B { a: Int } type C { a: Int } union U = A | B",
    "type A { a: Int } type B { a: Int } type C { a: Int } union U = A | C",
    ["added C in U dangerous s", "removed B in U breaking s"],
  ],
  [
    "what a type implements",
    "interface I { a: Int } interface J { a: Int } type A implements I { a: Int }",
    "interface I { a: Int } interface J { a: Int } type A implements J { a: Int }",
    ["added A implements J dangerous s", "removed A implements I breaking s"],
  ],
  [
    "a type that is another kind breaks",
    "type A { a: Int }",
    "interface A { a: Int }",
    ["changed A breaking s"],
  ],
  [
    "types that come and go",
    "type A { a: Int }",
    "type B { a: Int }",
    ["removed A breaking s", "added B safe s"],
  ],
  [
    "descriptions and the order of fields are no difference",
    'extend type Query { a(id: ID): Int b: Int } type A { "old" a: Int b: Int } enum E { X Y }',
    '"new" type A { "new" a: Int b: Int } "new" enum E { Y "new" X } extend type Query { b: Int "new" a("new" id: ID): Int }',
    [],
  ],
])("S10: %s", async (_, before, after, expected) => {
  const found = await changes({ ...others, s: before }, { ...others, s: after });
  expect(found.map(told)).toEqual(expected);
});

test("S10: what is told of a type that many extend is whose extension it is", async () => {
  const base = { s: "type A { a: Int }", t: "extend type A { t: Int }", u: "extend type A { u: Int }" };
  expect((await changes(base, { ...base, u: "extend type A { u: Int! }" })).map(told)).toEqual([
    "changed A.u safe u",
  ]);
  expect((await changes(base, { ...base, t: "type T { a: Int }" })).map(told)).toEqual([
    "added T safe t",
    "removed A.t breaking t",
  ]);
});

test("S10: a type that goes over to another service as it is does not differ", async () => {
  const found = await changes(
    { s: "type A { a: Int } extend type Query { a: A }", t: "type T { a: Int }" },
    { s: "extend type Query { a: A }", t: "type T { a: Int } type A { a: Int }" },
  );
  expect(found).toEqual([]);
});

test("S10: of the first version its fields are told, and of the last one that they are gone", async () => {
  const some = { s: "type A { a: Int } extend type Query { a: A }" };
  expect((await changes({}, some)).map(told)).toEqual(["added Query.a safe s"]);
  expect((await changes(some, {})).map(told)).toEqual(["removed Query.a breaking s"]);
});
