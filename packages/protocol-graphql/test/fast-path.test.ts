import { getOperationAST, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { fastPath } from "../src/execution/fast-path.ts";
import { createAssembler } from "../src/schema/assemble.ts";
import { assembleTools, fragmentOf, scalars } from "./fragments.ts";
import { testGateway } from "./test-gateway.ts";

const { assemble, schemaOf } = createAssembler(scalars, 5_000, () => []);
const players = fragmentOf(
  "players",
  `interface Named { name: String! }
  type Player implements Named { id: Int! name: String! team: Team shots(first: Int = 3): [Int!] grid: [[Int]] length: Int }
  type Team { name: String captain: Player }
  input Filter { name: String min: Int = 1 }
  extend type Query { player(id: Int!, filter: Filter): Player players: [Player!]! named: Named }
  extend type Mutation { add(name: String!): Player rename(name: String!): Player }`,
);
const { builtSchema } = schemaOf(await assemble([players], assembleTools(undefined).tools)) ?? {};

function pathOf(text: string) {
  const document = parse(text);
  const node = getOperationAST(document);
  if (builtSchema === undefined || node == null) throw new Error("There is no schema or no operation.");
  expect(validate(builtSchema.schema, document)).toEqual([]);
  const path = fastPath(builtSchema.schema, document, node);
  return "unsupported" in path ? path.unsupported : path.rootFields.map(({ responseName }) => responseName);
}

describe("S5.9: graphql-jit executes only what it executes as graphql-js does", () => {
  test.each<[text: string, rootFields: readonly string[]]>([
    ["query One($id: Int!) { player(id: $id) { id name } }", ["player"]],
    ["{ player(id: 1) { grid } }", ["player"]],
    ["query List { players { id name team { name captain { id } } } }", ["players"]],
    ["query ($f: Filter) { a: player(id: 1, filter: $f) { id } b: player(id: 2) { id } }", ["a", "b"]],
    ["query ($n: String) { player(id: 1, filter: { name: $n }) { id } }", ["player"]],
    ["{ player(id: 1) { ...P } } fragment P on Player { id ... { name } }", ["player"]],
    ['mutation { add(name: "ann") { id } }', ["add"]],
  ])("fast: %s", (text, rootFields) => {
    expect(pathOf(text)).toEqual(rootFields);
  });

  test.each<[rule: string, text: string]>([
    ["directive", "query ($f: Boolean!) { player(id: 1) { id name @skip(if: $f) } }"],
    ["directive", "{ player(id: 1) { ... @include(if: true) { id } } }"],
    [
      "directive",
      "query ($f: Boolean = true) { player(id: 1) { ...P @skip(if: $f) } } fragment P on Player { id }",
    ],
    ["repeated field", "{ player(id: 1) { id } player(id: 1) { name } }"],
    [
      "repeated field",
      "{ player(id: 1) { ...P team { captain { ...P name } } } } fragment P on Player { name }",
    ],
    ["serial fields", 'mutation { add(name: "a") { id } rename(name: "b") { id } }'],
    ["required root field", "{ players { id } player(id: 1) { id } }"],
    ["nested arguments", "{ player(id: 1) { shots(first: 2) } }"],
    ["abstract type", "{ named { name } }"],
    ["type condition", "{ player(id: 1) { ... on Named { name } } }"],
    ["response name", "{ player(id: 1) { __proto__: name } }"],
    ["response name", '{ __type(name: "Player") { name } }'],
    ["inherited property", "{ player(id: 1) { length } }"],
    ["size", `{ ${Array.from({ length: 501 }, (_, index) => `p${index}: player(id: 1) { id }`).join(" ")} }`],
  ])("graphql-js, because of a %s: %s", (rule, text) => {
    expect(pathOf(text)).toBe(rule);
  });

  test("a text in place of an object has no properties", async () => {
    const { publish, ask } = await testGateway();
    await publish(
      "team",
      {
        typeDefs: "type Team { length: Int name: String } extend type Query { team: Team }",
        resolvers: { Query: { team: { call: "team.get" } } },
      },
      { get: () => "text" },
    );
    expect(await ask("{ team { length name } }")).toEqual({ data: { team: { length: null, name: null } } });
  });

  test("an operation with a resolver below the root runs in graphql-js", async () => {
    const { publish, ask, bus } = await testGateway();
    await publish(
      "team",
      {
        typeDefs: "type Team { id: ID! size: Int } extend type Query { team: Team }",
        resolvers: { Query: { team: { call: "team.get" } }, Team: { size: { call: "team.size" } } },
      },
      { get: () => ({}), size: () => 3 },
    );
    // graphql-js stops at the first field that must not be null, so nothing is called below it.
    expect(await ask("{ team { id size } }")).toMatchObject({
      data: { team: null },
      errors: [{ path: ["team", "id"] }],
    });
    expect(bus.calls.map(({ action }) => action)).toEqual(["team.get"]);
  });
});

/** A gateway whose actions answer their params. */
async function storageGateway() {
  const gateway = await testGateway();
  await gateway.publish(
    "storage",
    {
      typeDefs: `
        input Ids { id1: ID id2: ID = "default" inner: Ids }
        input Key @oneOf { id: ID name: String }
        type Storage { delete(id: ID!): Boolean update(id: ID!): Boolean name: String }
        extend type Query { hello(params: Ids, key: Key, list: [[Int]], n: Int! = 4): String j(j: JSON): JSON storage: Storage }
        extend type Mutation { storage: Storage must(id: ID!): Int! }`,
      resolvers: {
        Query: {
          hello: { call: { action: "storage.echo", params: "@args", implicitParams: false } },
          j: { call: { action: "storage.echo", params: "@args", implicitParams: false } },
          storage: { call: { action: "storage.get", params: {} } },
        },
        Mutation: {
          storage: { call: { action: "storage.get", params: {} } },
          must: { call: { action: "storage.must", params: "@args", implicitParams: false } },
        },
        Storage: {
          delete: { call: { action: "storage.delete", params: "@args", implicitParams: false } },
          update: { call: { action: "storage.update", params: "@args", implicitParams: false } },
        },
      },
    },
    {
      echo: ({ params }) => JSON.stringify(params),
      get: () => ({ name: "main" }),
      delete: () => true,
      update: () => true,
      must: ({ params }) => (Reflect.get(Object(params), "id") === "1" ? null : 1),
    },
  );
  const calls = (): string[] =>
    gateway.bus.calls
      .filter(({ action }) => action !== "storage.get")
      .map(({ action, params }) => `${action} ${JSON.stringify(params)}`);
  return { ...gateway, calls };
}

describe("S5.9: conditions are those of their place in the operation", () => {
  test.each<[text: string, variables: object, calls: readonly string[]]>([
    [
      "mutation($f: Boolean!) { storage @skip(if: $f) { ... { delete(id: 1) } } storage { update(id: 2) } }",
      { f: true },
      ['storage.update {"id":"2"}'],
    ],
    [
      `mutation($f: Boolean!) { storage @include(if: $f) { ...D } storage { update(id: 2) } }
       fragment D on Storage { delete(id: 1) }`,
      { f: false },
      ['storage.update {"id":"2"}'],
    ],
    [
      `mutation($f: Boolean!) { a: storage { ...D @skip(if: $f) } b: storage { ...D } }
       fragment D on Storage { delete(id: 1) }`,
      { f: true },
      ['storage.delete {"id":"1"}'],
    ],
    ["mutation { a: must(id: 1) b: must(id: 2) }", {}, ['storage.must {"id":"1"}']],
  ])("%s", async (text, variables, expected) => {
    const { ask, calls } = await storageGateway();
    await ask(text, variables);
    expect(calls()).toEqual(expected);
  });

  test.each([
    ["query($i: Boolean) { storage { name @include(if: $i) } }"],
    ["query($i: Boolean = true) { storage { name @include(if: $i) } }"],
  ])("null for `if` is an error: %s", async (text) => {
    const { ask } = await storageGateway();
    expect(await ask(text, { i: null })).toHaveProperty("errors");
  });
});

describe("S5.9: variables inside literals, and defaults", () => {
  test.each<[text: string, variables: object, params: string | undefined]>([
    [
      "query($a: ID, $b: ID) { hello(params: { id1: $a, id2: $b }) }",
      { a: "1" },
      '{"params":{"id1":"1","id2":"default"},"n":4}',
    ],
    [
      "query($a: ID) { hello(params: { inner: { id1: $a } }) }",
      {},
      '{"params":{"id2":"default","inner":{"id2":"default"}},"n":4}',
    ],
    ["query($v: Int) { hello(list: [[$v], [$v, 1]]) }", { v: 3 }, '{"list":[[3],[3,1]],"n":4}'],
    ["{ hello(list: 3) }", {}, '{"list":[[3]],"n":4}'],
    ["query($v: Int) { hello(list: [[$v]], n: $v) }", {}, '{"list":[[null]],"n":4}'],
    ["query($v: ID) { hello(key: { id: $v }) }", {}, undefined],
    ["query($v: Int) { hello(n: $v) }", { v: null }, undefined],
  ])("%s %j", async (text, variables, params) => {
    const { ask, calls } = await storageGateway();
    const answer = await ask(text, variables);
    expect(calls()).toEqual(params === undefined ? [] : [`storage.echo ${params}`]);
    if (params === undefined) expect(answer).toHaveProperty("errors");
  });

  test("a variable in a list of a JSON argument", async () => {
    const { ask, calls } = await storageGateway();
    expect(await ask("query($v: JSON) { j(j: [$v, { a: $v }]) }", { v: { x: 1 } })).toEqual({
      data: { j: '{"j":[{"x":1},{"a":{"x":1}}]}' },
    });
    expect(calls()).toHaveLength(1);
  });
});
