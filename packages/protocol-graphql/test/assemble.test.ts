import type { Assembled, Part } from "@tidegate/core-registry";
import fc from "fast-check";
import {
  buildASTSchema,
  type DefinitionNode,
  type GraphQLSchema,
  introspectionFromSchema,
  isScalarType,
  Kind,
  printSchema,
  validateSchema,
} from "graphql";
import { validateSDL } from "graphql/validation/validate.js";
import { describe, expect, test } from "vitest";
import type { GraphQLData } from "../src/definitions/compile.ts";
import { isExtension } from "../src/definitions/type-nodes.ts";
import { withoutWaiting } from "../src/schema/active-part.ts";
import { createAssembler } from "../src/schema/assemble.ts";
import { emptyRootTypes, providedDefinitions } from "../src/schema/provided-types.ts";
import { assembleTools, fragmentOf, scalars, withWaiting } from "./fragments.ts";

/** `typeDefs` by service. Each text is valid alone, and invalid beside some of the others. */
const texts: Readonly<Record<string, readonly string[]>> = {
  a: [
    `"An A" type A { id: ID! b: B } extend type Query { a: A } extend type Mutation { a: A }`,
    `interface Named { name: String! } type A implements Named { name: String! b(in: In = { size: 1 }): B } extend type Query { a(in: In = { size: 2 }): A }`,
    `input A { x: Int! } extend type Query { a(x: A): Int }`,
    `interface Named { name: String! other(in: In): AB } interface More implements Named { name: String! other(in: In): AB } type A implements Named & More { name: String! other(in: In, more: Int = 1): AB }`,
  ],
  b: [
    `type B { a: A c: C } extend type A { fromB: B } extend type Query { b: B }`,
    `type B implements Named { name: String! } union AB = A | B extend type Query { ab: AB }`,
    `type B implements Named { name: Int other(in: In): B } union AB = A`,
    `type B { a: [A!]! @deprecated(reason: "old") } extend interface Named { b: B }`,
  ],
  c: [
    `input In { size: Int! order: Order = UP } enum Order { UP "down" DOWN @deprecated } type C { a: A }`,
    `input In { size: Int! extra: Int! order: Order = UP } enum Order { UP }`,
    `enum In { X }`,
    `input In { size: Int next: Two! } extend type Subscription { c: Named }`,
    `input In @oneOf { size: Int two: Two } extend union AB = C type C { c: C }`,
  ],
  d: [
    `type PageInfo { hasNext: Boolean! } extend type Query { page: PageInfo }`,
    `enum Order2 { ONE } input Deep { in: In = { size: 3 } } extend type Query { deep(deep: Deep = { in: { size: 4, order: DOWN } }): JSON }`,
  ],
  e: [
    `"The same" type PageInfo { hasNext: Boolean! } extend type B { page: PageInfo old: Int @deprecated }`,
    `input Two { back: In! } extend type Query { two(two: Two): DateTime }`,
    `extend type A { bad: Int @nope }`,
    `extend input A { y: Int = 3 }`,
    `input Two { back: In = {} } extend type Query { float: Float }`,
  ],
};

const pool = new Map(
  Object.entries(texts).map(([service, variants]) => [
    service,
    variants.map((text) => fragmentOf(service, text)),
  ]),
);

/** Makes one document of all definitions of a branch, without a previous version. */
function fullDocument(parts: readonly Part<GraphQLData>[]): {
  kind: Kind.DOCUMENT;
  definitions: DefinitionNode[];
} {
  const own = parts.flatMap(({ compiled, waiting }) =>
    compiled.data === undefined ? [] : withoutWaiting(compiled.data.document, waiting),
  );
  const names = own.map((node) => (isExtension(node) ? undefined : node.name.value));
  const roots = emptyRootTypes.filter(({ name }) => own.some((node) => node.name.value === name.value));
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      ...providedDefinitions(scalars),
      ...roots,
      ...own.filter((_, index) => names[index] === undefined || names.indexOf(names[index]) === index),
    ],
  };
}

function errorsFromScratch(parts: readonly Part<GraphQLData>[]): string[] {
  const document = fullDocument(parts);
  const errors = validateSDL(document);
  const all = errors.length > 0 ? errors : validateSchema(buildASTSchema(document, { assumeValidSDL: true }));
  return all.map(({ message }) => message).sort();
}

function schemaFromScratch(parts: readonly Part<GraphQLData>[]): GraphQLSchema {
  const schema = buildASTSchema(fullDocument(parts), { assumeValid: true, assumeValidSDL: true });
  for (const [name, { description, specifiedByURL }] of scalars) {
    const type = schema.getType(name);
    if (isScalarType(type)) Object.assign(type, { description, specifiedByURL });
  }
  return schema;
}

function introspected(schema: GraphQLSchema): unknown {
  const { types, ...rest } = introspectionFromSchema(schema, {
    inputValueDeprecation: true,
    oneOf: true,
  }).__schema;
  // Which unused built-in scalars a schema lists does not matter.
  const own = types.filter(({ name }) => !["Int", "Float", "ID"].includes(name) && !name.startsWith("__"));
  return { ...rest, types: own.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

const runs = 100;
const step = fc.dictionary(
  fc.constantFrom(...Object.keys(texts)),
  fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 6, arbitrary: fc.nat(9) }),
  { minKeys: 1, maxKeys: 3 },
);

describe("S5.8, S9.4, S9.6: a schema that is assembled from the previous one", () => {
  test("equals the schema of all parts from scratch, and has the same errors", async () => {
    let [served, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const { assemble, schemaOf } = createAssembler(scalars, 5_000, () => []);
        let current = new Map<string, Part<GraphQLData>>();
        let previous: Assembled | undefined;
        let last: readonly Part<GraphQLData>[] = [];
        for (const changes of steps) {
          const next = new Map(current);
          for (const [service, variant] of Object.entries(changes)) {
            const variants = pool.get(service) ?? [];
            const fragment = variant === undefined ? undefined : variants[variant % variants.length];
            if (fragment === undefined) next.delete(service);
            else next.set(service, fragment);
          }
          const parts = withWaiting(
            [...next.values()].sort((one, other) => (one.origin.service < other.origin.service ? -1 : 1)),
          );
          const { tools, problems } = assembleTools(previous);
          const assembled = await assemble(parts.toReversed(), tools);
          const messages = [
            ...problems.findings.map(({ message }) => message),
            ...problems.unattributed,
          ].sort();
          // With findings, errors that no new part causes are not reported.
          const expected = errorsFromScratch(parts);
          expect(messages).toEqual(
            problems.findings.length > 0 ? expected.filter((each) => messages.includes(each)) : expected,
          );
          for (const { service } of problems.findings)
            expect(current.get(service)?.compiled).not.toBe(next.get(service)?.compiled);
          if (messages.length > 0) {
            // The schema is served with its errors: there is no valid schema to compare the next one with.
            if (problems.findings.length === 0) return;
            refused += 1;
            continue;
          }
          served += 1;
          current = next;
          previous = assembled;
          last = parts;
          const scratch = schemaFromScratch(parts);
          const own = schemaOf(assembled);
          expect(own?.builtSchema.print()).toBe(printSchema(scratch));
          const partOf = ({ origin, compiled, waiting }: Part<GraphQLData>): unknown => [
            origin.service,
            compiled.claims,
            waiting,
          ];
          expect(own?.composition.parts.map(partOf)).toEqual(parts.map(partOf));
        }
        const schema = previous && schemaOf(previous)?.builtSchema.schema;
        if (schema !== undefined) expect(introspected(schema)).toEqual(introspected(schemaFromScratch(last)));
      }),
      { numRuns: runs },
    );
    expect(Math.min(served, refused)).toBeGreaterThan(50);
  });

  test("is the previous one if no part differs, and shared by branches with the same parts", async () => {
    const { assemble } = createAssembler(scalars, 5_000, () => []);
    const of = (previous: Assembled | undefined, ...fragments: readonly Part<GraphQLData>[]) =>
      assemble(withWaiting(fragments), assembleTools(previous).tools);
    const [one, two] = ["type One { a: Int }", "type Two { a: Int }"].map((text, index) =>
      fragmentOf(`s${index}`, text),
    );
    if (one === undefined || two === undefined) throw new Error("There are less than two fragments.");
    const master = await of(undefined, one);
    expect(await of(master, one)).toBe(master);
    const fork = await of(master, one, two);
    expect(fork).not.toBe(master);
    expect(await of(master, two, one)).toBe(fork);
    expect(await of(undefined, one, two)).toBe(fork);
    expect(await of(fork, one)).toBe(master);
  });

  test("stops when its signal is aborted", async () => {
    const { assemble } = createAssembler(scalars, 5_000, () => []);
    const parts = Array.from({ length: 300 }, (_, index) =>
      fragmentOf(
        `s${index}`,
        `type T${index} { a: Int b: T${(index + 1) % 300} } extend type Query { t${index}: T${index} }`,
      ),
    );
    const { tools } = assembleTools(undefined);
    const controller = new AbortController();
    const assembled = assemble(withWaiting(parts), { ...tools, signal: controller.signal });
    controller.abort(new Error("The registry assembles a newer one."));
    await expect(assembled).rejects.toThrow("The registry assembles a newer one.");
  });

  test("throws if a part refers to a missing type without waiting for it", async () => {
    const { assemble, schemaOf } = createAssembler(scalars, 5_000, () => []);
    const referring = fragmentOf("a", "extend type Query { thing: Thing }");
    const thing = fragmentOf("b", "type Thing { a: Int }");
    const assembled = await assemble([referring, thing], assembleTools(undefined).tools);
    expect(schemaOf(assembled)?.builtSchema.schema.getQueryType()?.getFields().thing?.type.toString()).toBe(
      "Thing",
    );
    await expect(assemble([referring], assembleTools(assembled).tools)).rejects.toThrow(
      'Unknown type: "Thing".',
    );
  });
});
