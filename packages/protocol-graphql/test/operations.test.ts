import type { Assembled } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { createOperations, type Operation, type Operations } from "../src/execution/operations.ts";
import { withDefaults } from "../src/options.ts";
import { createAssembler } from "../src/schema/assemble.ts";
import { assembleTools, fragmentOf, scalars, withWaiting } from "./fragments.ts";
import { testGateway } from "./test-gateway.ts";

type Texts = Readonly<Record<string, string>>;

/**
 * Assembles versions of one branch one after another. An unchanged text of a service is the same fragment.
 */
async function versions(...all: readonly Texts[]) {
  const { assemble, schemaOf } = createAssembler(scalars, 5_000, () => []);
  const fragments = new Map<string, ReturnType<typeof fragmentOf>>();
  const schemas = [];
  let previous: Assembled | undefined;
  for (const texts of all) {
    const parts = Object.entries(texts).map(([service, text]) => {
      const key = `${service} ${text}`;
      const fragment = fragments.get(key) ?? fragmentOf(service, text);
      fragments.set(key, fragment);
      return fragment;
    });
    const { tools, problems } = assembleTools(previous);
    previous = await assemble(withWaiting(parts), tools);
    expect(problems).toEqual({ findings: [], unattributed: [] });
    const builtSchema = schemaOf(previous)?.builtSchema;
    if (builtSchema === undefined) throw new Error("There is no schema.");
    schemas.push(builtSchema);
  }
  return schemas;
}

function prepared(
  operations: Operations,
  builtSchema: Parameters<Operations["prepare"]>[0],
  text: string,
): Operation {
  const operation = operations.prepare(builtSchema, text, undefined);
  if ("errors" in operation) throw new Error(JSON.stringify(operation.errors));
  return operation;
}

const base: Texts = {
  animals: `interface Pet { name: String } type Cat implements Pet { name: String kind: Kind lives: Int }
    enum Kind { TAME WILD } extend type Query { pet(in: PetInput): Pet cat: Cat }`,
  inputs: `input PetInput { size: Size page: Int } enum Size { SMALL LARGE }`,
  other: `type Other { a: Int } extend type Query { other: Other } extend type Cat { owner: Other }`,
};
const petQuery = "query ($in: PetInput) { pet(in: $in) { __typename name ... on Cat { kind } } }";

describe("S5.7: the next version reuses a compiled operation if nothing that it uses changed", () => {
  test.each<[what: string, text: string, change: Texts]>([
    [
      "another type changed",
      petQuery,
      { other: "type Other { a: Int b: Int } extend type Query { other: Other }" },
    ],
    [
      "another field of a selected type changed",
      "{ cat { lives } }",
      { other: "extend type Cat { age: Int }" },
    ],
    ["another service is gone", "{ cat { lives } _version }", { other: "" }],
    ["an unused input type changed", "{ cat { lives } }", { inputs: "input PetInput { page: Int }" }],
  ])("reused: %s", async (_, text, change) => {
    const [one, two] = await versions(base, { ...base, ...change });
    const operations = createOperations(withDefaults({}));
    if (one === undefined || two === undefined) throw new Error("There are less than two versions.");
    const operation = prepared(operations, one, text);
    expect(one.schema).not.toBe(two.schema);
    expect(prepared(operations, two, text)).toBe(operation);
  });

  test.each<[what: string, text: string, change: Texts]>([
    [
      "the fragment of a selected field changed",
      "{ other { a } }",
      { other: `${base.other} type X { a: Int }` },
    ],
    [
      "the input type of a variable changed",
      petQuery,
      { inputs: "input PetInput { size: Size! page: Int } enum Size { SMALL LARGE }" },
    ],
    [
      "the enum of an input field changed",
      petQuery,
      { inputs: "input PetInput { size: Size page: Int } enum Size { SMALL }" },
    ],
    [
      "an abstract type has a new possible type",
      petQuery,
      { other: "type Dog implements Pet { name: String }" },
    ],
    [
      "it selects the whole schema by introspection",
      "{ __schema { types { name } } cat { lives } }",
      { other: "type Dog { a: Int }" },
    ],
    [
      "it selects one type by introspection",
      '{ __type(name: "Other") { name } }',
      { other: "type Dog { a: Int }" },
    ],
  ])("compiled again: %s", async (_, text, change) => {
    const [one, two] = await versions(base, { ...base, ...change });
    const operations = createOperations(withDefaults({}));
    if (one === undefined || two === undefined) throw new Error("There are less than two versions.");
    const operation = prepared(operations, one, text);
    expect(prepared(operations, one, text)).toBe(operation);
    expect(prepared(operations, two, text)).not.toBe(operation);
  });

  test("an operation that is invalid for the next version stays valid for the previous one", async () => {
    const [one, two] = await versions(base, {
      ...base,
      other: "type Other { b: Int } extend type Query { other: Other }",
    });
    const operations = createOperations(withDefaults({}));
    if (one === undefined || two === undefined) throw new Error("There are less than two versions.");
    const operation = prepared(operations, one, "{ other { a } }");
    expect(operations.prepare(two, "{ other { a } }", undefined)).toMatchObject({
      errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    });
    expect(prepared(operations, one, "{ other { a } }")).toBe(operation);
  });

  test("a branch that returns to a previous schema reuses the operations of that schema", async () => {
    const [one, two, three] = await versions(
      base,
      { ...base, animals: `${base.animals} enum More { X }` },
      base,
    );
    const operations = createOperations(withDefaults({}));
    if (one === undefined || two === undefined || three === undefined)
      throw new Error("There are less than three versions.");
    expect(three.schema).toBe(one.schema);
    const operation = prepared(operations, one, petQuery);
    expect(prepared(operations, two, petQuery)).not.toBe(operation);
    expect(prepared(operations, three, petQuery)).toBe(operation);
  });

  test("the option maxOperations limits the compiled operations", async () => {
    const [one] = await versions(base);
    const operations = createOperations(withDefaults({ maxOperations: 2 }));
    if (one === undefined) throw new Error("There is no version.");
    const operation = prepared(operations, one, "{ a: __typename }");
    prepared(operations, one, "{ b: __typename }");
    expect(prepared(operations, one, "{ a: __typename }")).toBe(operation);
    prepared(operations, one, "{ c: __typename }");
    prepared(operations, one, "{ d: __typename }");
    expect(prepared(operations, one, "{ a: __typename }")).not.toBe(operation);
  });

  test("a reused operation runs on the version of its request", async () => {
    const { publish, ask, served } = await testGateway();
    const pet = {
      typeDefs: "extend type Query { pet: String }",
      resolvers: { Query: { pet: { call: "pet.get" } } },
    };
    await publish("pet", pet, { get: () => "Rex" });
    const before = served().version.name;
    expect(await ask("{ pet _version }")).toEqual({ data: { pet: "Rex", _version: before } });
    await publish("other", { typeDefs: "extend type Query { other: Int }" });
    expect(served().version.name).not.toBe(before);
    expect(await ask("{ pet _version }")).toEqual({ data: { pet: "Rex", _version: served().version.name } });
    const changed = { ...pet, resolvers: { Query: { pet: { call: "pet.find" } } } };
    await publish("pet", changed, { find: () => "Tom" }, { revision: 1 });
    expect(await ask("{ pet _version }")).toEqual({ data: { pet: "Tom", _version: served().version.name } });
  });
});
