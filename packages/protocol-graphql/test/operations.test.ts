import type { Assembled } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { createAssembler } from "../src/assemble.ts";
import { createOperations, type Operation, type Operations } from "../src/execution/operations.ts";
import { settingsOf } from "../src/options.ts";
import { bench } from "./kit.ts";
import { assembleTools, fragmentOf, placed, scalars } from "./parts.ts";

type Texts = Readonly<Record<string, string>>;

/** Versions of one branch, made one of the other; a service with the text of the version before has the same fragment. */
async function versions(...all: readonly Texts[]) {
  const { assemble, keptOf } = createAssembler(scalars, 5_000, () => []);
  const fragments = new Map<string, ReturnType<typeof fragmentOf>>();
  const wholes = [];
  let previous: Assembled | undefined;
  for (const texts of all) {
    const parts = Object.entries(texts).map(([service, text]) => {
      const key = `${service} ${text}`;
      const fragment = fragments.get(key) ?? fragmentOf(service, text);
      fragments.set(key, fragment);
      return fragment;
    });
    const { tools, told } = assembleTools(previous);
    previous = await assemble(placed(parts), tools);
    expect(told).toEqual({ blamed: [], tolerated: [] });
    const whole = keptOf(previous)?.whole;
    if (whole === undefined) throw new Error("Nothing was made.");
    wholes.push(whole);
  }
  return wholes;
}

function found(operations: Operations, whole: Parameters<Operations["find"]>[0], text: string): Operation {
  const operation = operations.find(whole, text, undefined);
  if ("errors" in operation) throw new Error(JSON.stringify(operation.errors));
  return operation;
}

const base: Texts = {
  animals: `interface Pet { name: String } type Cat implements Pet { name: String kind: Kind lives: Int }
    enum Kind { TAME WILD } extend type Query { pet(in: PetInput): Pet cat: Cat }`,
  inputs: `input PetInput { size: Size page: Int } enum Size { SMALL LARGE }`,
  other: `type Other { a: Int } extend type Query { other: Other } extend type Cat { owner: Other }`,
};
const asked = "query ($in: PetInput) { pet(in: $in) { __typename name ... on Cat { kind } } }";

describe("S5.7: an operation is taken over to the next version where nothing of what it touches differs", () => {
  test.each<[what: string, text: string, change: Texts]>([
    ["another type", asked, { other: "type Other { a: Int b: Int } extend type Query { other: Other }" }],
    [
      "another field of a type that it asks for",
      "{ cat { lives } }",
      { other: "extend type Cat { age: Int }" },
    ],
    ["another service that is gone", "{ cat { lives } _version }", { other: "" }],
    ["an input that it does not take", "{ cat { lives } }", { inputs: "input PetInput { page: Int }" }],
  ])("taken over: %s", async (_, text, change) => {
    const [one, two] = await versions(base, { ...base, ...change });
    const operations = createOperations(settingsOf({}));
    if (one === undefined || two === undefined) throw new Error("Two versions were made.");
    const operation = found(operations, one, text);
    expect(one.schema).not.toBe(two.schema);
    expect(found(operations, two, text)).toBe(operation);
  });

  test.each<[what: string, text: string, change: Texts]>([
    [
      "a field's service, which may answer otherwise",
      "{ other { a } }",
      { other: `${base.other} type X { a: Int }` },
    ],
    [
      "what a variable holds",
      asked,
      { inputs: "input PetInput { size: Size! page: Int } enum Size { SMALL LARGE }" },
    ],
    [
      "what an input's enum holds",
      asked,
      { inputs: "input PetInput { size: Size page: Int } enum Size { SMALL }" },
    ],
    ["the members of an abstract type", asked, { other: "type Dog implements Pet { name: String }" }],
    [
      "the schema itself, which it asks for",
      "{ __schema { types { name } } cat { lives } }",
      { other: "type Dog { a: Int }" },
    ],
    ["one type of the schema", '{ __type(name: "Other") { name } }', { other: "type Dog { a: Int }" }],
  ])("made again: %s", async (_, text, change) => {
    const [one, two] = await versions(base, { ...base, ...change });
    const operations = createOperations(settingsOf({}));
    if (one === undefined || two === undefined) throw new Error("Two versions were made.");
    const operation = found(operations, one, text);
    expect(found(operations, one, text)).toBe(operation);
    expect(found(operations, two, text)).not.toBe(operation);
  });

  test("what is not right any more is refused, and the version before still answers", async () => {
    const [one, two] = await versions(base, {
      ...base,
      other: "type Other { b: Int } extend type Query { other: Other }",
    });
    const operations = createOperations(settingsOf({}));
    if (one === undefined || two === undefined) throw new Error("Two versions were made.");
    const operation = found(operations, one, "{ other { a } }");
    expect(operations.find(two, "{ other { a } }", undefined)).toMatchObject({
      errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    });
    expect(found(operations, one, "{ other { a } }")).toBe(operation);
  });

  test("back on a version that others left, an operation is still its own", async () => {
    const [one, two, three] = await versions(
      base,
      { ...base, animals: `${base.animals} enum More { X }` },
      base,
    );
    const operations = createOperations(settingsOf({}));
    if (one === undefined || two === undefined || three === undefined)
      throw new Error("Three versions were made.");
    expect(three.schema).toBe(one.schema);
    const operation = found(operations, one, asked);
    expect(found(operations, two, asked)).not.toBe(operation);
    expect(found(operations, three, asked)).toBe(operation);
  });

  test("no more are kept than may be", async () => {
    const [one] = await versions(base);
    const operations = createOperations(settingsOf({ maxOperations: 2 }));
    if (one === undefined) throw new Error("A version was made.");
    const operation = found(operations, one, "{ a: __typename }");
    found(operations, one, "{ b: __typename }");
    expect(found(operations, one, "{ a: __typename }")).toBe(operation);
    found(operations, one, "{ c: __typename }");
    found(operations, one, "{ d: __typename }");
    expect(found(operations, one, "{ a: __typename }")).not.toBe(operation);
  });

  test("what was taken over answers by the version of its request", async () => {
    const { publish, ask, served } = await bench();
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
    const found = { ...pet, resolvers: { Query: { pet: { call: "pet.find" } } } };
    await publish("pet", found, { find: () => "Tom" }, { revision: 1 });
    expect(await ask("{ pet _version }")).toEqual({ data: { pet: "Tom", _version: served().version.name } });
  });
});
