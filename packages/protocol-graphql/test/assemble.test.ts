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
import { createAssembler } from "../src/assemble.ts";
import type { GraphQLData } from "../src/definitions/compile.ts";
import { isExtension } from "../src/definitions/definition.ts";
import { providedDefinitions, providedRoots } from "../src/schema/provided.ts";
import { prune } from "../src/schema/prune.ts";
import { assembleTools, fragmentOf, placed, scalars } from "./parts.ts";

/** What services may publish: each text is right by itself, and wrong beside some of the others. */
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

/** All definitions of a branch in one document, as if nothing had been before. */
function wholeDocument(parts: readonly Part<GraphQLData>[]): {
  kind: Kind.DOCUMENT;
  definitions: DefinitionNode[];
} {
  const own = parts.flatMap(({ compiled, waiting }) =>
    compiled.data === undefined ? [] : prune(compiled.data.document, waiting),
  );
  const names = own.map((node) => (isExtension(node) ? undefined : node.name.value));
  const roots = providedRoots.filter(({ name }) => own.some((node) => node.name.value === name.value));
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
  const document = wholeDocument(parts);
  const errors = validateSDL(document);
  const all = errors.length > 0 ? errors : validateSchema(buildASTSchema(document, { assumeValidSDL: true }));
  return all.map(({ message }) => message).sort();
}

function schemaFromScratch(parts: readonly Part<GraphQLData>[]): GraphQLSchema {
  const schema = buildASTSchema(wholeDocument(parts), { assumeValid: true, assumeValidSDL: true });
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
  // Which scalars of the language are listed, unused, is nobody's concern.
  const own = types.filter(({ name }) => !["Int", "Float", "ID"].includes(name) && !name.startsWith("__"));
  return { ...rest, types: own.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

const runs = 100;
const step = fc.dictionary(
  fc.constantFrom(...Object.keys(texts)),
  fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 6, arbitrary: fc.nat(9) }),
  { minKeys: 1, maxKeys: 3 },
);

describe("S5.8, S9.4, S9.6: a whole that is made of the one before", () => {
  test("is what all parts would make from scratch, and finds the same wrong with them", async () => {
    let [served, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const { assemble, keptOf } = createAssembler(scalars, 5_000, () => []);
        let now = new Map<string, Part<GraphQLData>>();
        let previous: Assembled | undefined;
        let last: readonly Part<GraphQLData>[] = [];
        for (const changes of steps) {
          const wanted = new Map(now);
          for (const [service, variant] of Object.entries(changes)) {
            const variants = pool.get(service) ?? [];
            const fragment = variant === undefined ? undefined : variants[variant % variants.length];
            if (fragment === undefined) wanted.delete(service);
            else wanted.set(service, fragment);
          }
          const parts = placed(
            [...wanted.values()].sort((one, other) => (one.origin.service < other.origin.service ? -1 : 1)),
          );
          const { tools, told } = assembleTools(previous);
          const assembled = await assemble(parts.toReversed(), tools);
          const messages = [...told.blamed.map(({ message }) => message), ...told.tolerated].sort();
          // Where somebody is to blame, what nobody is to blame for is not told.
          const wrong = errorsFromScratch(parts);
          expect(messages).toEqual(
            told.blamed.length > 0 ? wrong.filter((each) => messages.includes(each)) : wrong,
          );
          for (const { service } of told.blamed)
            expect(now.get(service)?.compiled).not.toBe(wanted.get(service)?.compiled);
          if (messages.length > 0) {
            // What is tolerated stays wrong: what comes next would not be compared with something right.
            if (told.blamed.length === 0) return;
            refused += 1;
            continue;
          }
          served += 1;
          now = wanted;
          previous = assembled;
          last = parts;
          const scratch = schemaFromScratch(parts);
          expect(assembled.documents?.["schema.graphql"]).toBe(printSchema(scratch));
          expect(assembled.endpoints.map(({ key }) => key)).toEqual(
            parts.flatMap(({ compiled, waiting }) =>
              compiled.endpoints.map(({ key }) => key).filter((key) => !waiting.has(key)),
            ),
          );
        }
        const schema = previous && keptOf(previous)?.whole.schema;
        if (schema !== undefined) expect(introspected(schema)).toEqual(introspected(schemaFromScratch(last)));
      }),
      { numRuns: runs },
    );
    expect(Math.min(served, refused)).toBeGreaterThan(50);
  });

  test("is the one before where nothing differs, and one whole for branches that show the same", async () => {
    const { assemble } = createAssembler(scalars, 5_000, () => []);
    const of = (previous: Assembled | undefined, ...fragments: readonly Part<GraphQLData>[]) =>
      assemble(placed(fragments), assembleTools(previous).tools);
    const [one, two] = ["type One { a: Int }", "type Two { a: Int }"].map((text, index) =>
      fragmentOf(`s${index}`, text),
    );
    if (one === undefined || two === undefined) throw new Error("Two fragments were made.");
    const master = await of(undefined, one);
    expect(await of(master, one)).toBe(master);
    const fork = await of(master, one, two);
    expect(fork).not.toBe(master);
    expect(await of(master, two, one)).toBe(fork);
    expect(await of(undefined, one, two)).toBe(fork);
    expect(await of(fork, one)).toBe(master);
  });

  test("is given up where nobody wants it any more", async () => {
    const { assemble } = createAssembler(scalars, 5_000, () => []);
    const parts = Array.from({ length: 300 }, (_, index) =>
      fragmentOf(
        `s${index}`,
        `type T${index} { a: Int b: T${(index + 1) % 300} } extend type Query { t${index}: T${index} }`,
      ),
    );
    const { tools } = assembleTools(undefined);
    const controller = new AbortController();
    const assembled = assemble(placed(parts), { ...tools, signal: controller.signal });
    controller.abort(new Error("Another one is on its way."));
    await expect(assembled).rejects.toThrow("Another one is on its way.");
  });

  test("what names a type that is taken away, and did not wait, is no schema", async () => {
    const { assemble, keptOf } = createAssembler(scalars, 5_000, () => []);
    const asking = fragmentOf("a", "extend type Query { thing: Thing }");
    const thing = fragmentOf("b", "type Thing { a: Int }");
    const whole = await assemble([asking, thing], assembleTools(undefined).tools);
    expect(keptOf(whole)?.whole.schema.getQueryType()?.getFields().thing?.type.toString()).toBe("Thing");
    await expect(assemble([asking], assembleTools(whole).tools)).rejects.toThrow('Unknown type: "Thing".');
  });
});
