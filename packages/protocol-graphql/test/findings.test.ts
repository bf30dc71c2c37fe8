import { describe, expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const team = { typeDefs: "type Team { id: ID! name: String! }\nextend type Query { team: Team }" };

async function errorsOf(part: object, before: Record<string, object> = {}) {
  const { publish, findings, served } = await testGateway();
  for (const [name, each] of Object.entries(before)) await publish(name, each);
  const version = served().version.id;
  await publish("player", part);
  const errors = findings("player").filter(({ severity }) => severity === "error");
  if (errors.length > 0) expect(served().version.id).toBe(version);
  return errors;
}

describe("S1, S10.1: findings have line, column and the lines around", () => {
  test("a syntax error", async () => {
    const [error, ...others] = await errorsOf({ typeDefs: "type Player {\n  id: ID!\n  name String!\n}\n" });
    expect(others).toEqual([]);
    expect(error).toMatchObject({
      code: "GRAPHQL_SYNTAX",
      jsonPath: "protocol.GraphQL.typeDefs",
      line: 3,
      column: 8,
    });
    expect(error?.frame).toMatchInlineSnapshot(`
      "  1 | type Player {
        2 |   id: ID!
      > 3 |   name String!
          |        ^
        4 | }
        5 |"
    `);
  });

  test("a field of another service, with the name of that service", async () => {
    const [error] = await errorsOf(
      { typeDefs: "type Player { id: ID! }\nextend type Team {\n  name: String!\n}" },
      { team },
    );
    expect(error).toMatchObject({ code: "CLAIM_TAKEN", line: 3, column: 3 });
    expect(error?.message).toBe("The service `team` already owns `Team.name` (GraphQL).");
    expect(error?.frame).toMatchInlineSnapshot(`
      "  1 | type Player { id: ID! }
        2 | extend type Team {
      > 3 |   name: String!
          |   ^
        4 | }"
    `);
  });

  test("a resolver of a field that the fragment does not define, with the service that does", async () => {
    const errors = await errorsOf(
      {
        typeDefs: "extend type Team { size: Int }",
        resolvers: { Team: { name: { call: "team.name" } }, Nowhere: { at: { call: "no.one" } } },
      },
      { team },
    );
    expect(errors.map(({ jsonPath, message }) => [jsonPath, message])).toEqual([
      [
        "protocol.GraphQL.resolvers.Team.name",
        "`Team.name` is not defined in this fragment's typeDefs: the service `team` defines it.",
      ],
      [
        "protocol.GraphQL.resolvers.Nowhere.at",
        "`Nowhere.at` is not defined in this fragment's typeDefs: no service defines it.",
      ],
    ]);
  });

  test("a field of an unknown type waits, and is no error", async () => {
    const { publish, findings } = await testGateway();
    await publish("player", { typeDefs: "type Player {\n  id: ID!\n  team: Taem\n}" });
    // What waits is reported after a second (S10.2).
    await expect
      .poll(() => findings("player"), { timeout: 10_000 })
      .toMatchObject([{ severity: "info", code: "CLAIM_WAITING", line: 3, column: 3 }]);
    expect(findings("player")[0]?.message).toContain("`type Taem`");
  });

  test("S1.7: a type one slip away from one that exists is a warning", async () => {
    const { publish, findings } = await testGateway();
    await publish("team", team);
    await publish("player", { typeDefs: "type Player {\n  id: ID!\n  team: Taem\n}" });
    await expect
      .poll(() => findings("player"), { timeout: 10_000 })
      .toMatchObject([
        { severity: "warning", code: "CLAIM_WAITING", line: 3, hint: "Did you mean `type Team`?" },
      ]);
    expect(findings("player")).toHaveLength(1);
  });

  test("a syntax error of a function", async () => {
    const errors = await errorsOf({
      typeDefs: "type Player { id: ID! }",
      resolvers: { Player: { __isTypeOf: "({ source }) => return source.x != null" } },
    });
    expect(errors).toMatchObject([
      { code: "FUNCTION_SYNTAX", jsonPath: "protocol.GraphQL.resolvers.Player.__isTypeOf" },
    ]);
  });

  test("definitions that a fragment cannot contain", async () => {
    const errors = await errorsOf({
      typeDefs: [
        "scalar Money",
        "directive @x on FIELD",
        "schema { query: Query }",
        "{ a }",
        "type Query { a: Int }",
        "type DateTime { a: Int }",
      ].join("\n"),
    });
    expect(errors.map(({ code, line }) => [code, line])).toEqual([
      ["GRAPHQL_DEFINITION", 1],
      ["GRAPHQL_DEFINITION", 2],
      ["GRAPHQL_DEFINITION", 3],
      ["GRAPHQL_DEFINITION", 4],
      ["GRAPHQL_PROVIDED", 5],
      ["GRAPHQL_PROVIDED", 6],
    ]);
    expect(errors.at(4)?.hint).toContain("extend type Query");
  });

  test("connectors on the wrong types", async () => {
    const errors = await errorsOf({
      typeDefs: "extend type Query { a: Int b: Int } extend type Subscription { c: Int } enum E { A }",
      resolvers: {
        Query: { a: { publish: { event: "a" } }, b: { subscribe: { events: ["b"] } } },
        Subscription: { c: { call: "c.c" } },
        E: { A: { call: "e.e" } },
      },
    });
    expect(
      errors.map(({ code, jsonPath }) => `${code} ${jsonPath.replace("protocol.GraphQL.resolvers.", "")}`),
    ).toEqual([
      "GRAPHQL_PUBLISH Query.a",
      "GRAPHQL_SUBSCRIPTION Query.b",
      "GRAPHQL_SUBSCRIPTION Subscription.c",
      "GRAPHQL_RESOLVER_KIND E.A",
    ]);
  });

  test("an error between fragments refuses the new fragment, never one that was served before", async () => {
    const named = { typeDefs: "interface Named { name: String! }\ninput Filter { name: String }" };
    const implementing = await errorsOf(
      { typeDefs: "type Player implements Named {\n  id: ID!\n}" },
      { named },
    );
    expect(implementing).toMatchObject([{ code: "GRAPHQL_INVALID", line: 1 }]);
    expect(implementing[0]?.message).toContain(
      "Interface field Named.name expected but Player does not provide it",
    );
    const output = await errorsOf({ typeDefs: "type Player {\n  filter: Filter\n}" }, { named });
    expect(output).toMatchObject([{ code: "GRAPHQL_INVALID", line: 2 }]);
    const late = await errorsOf(
      { typeDefs: "input Late { a: Int }" },
      { early: { typeDefs: "type Early { late: Late id: ID }" } },
    );
    expect(late).toMatchObject([{ code: "GRAPHQL_INVALID" }]);
    expect(late[0]?.message).toContain("must be Output Type");
    const twice = await errorsOf({ typeDefs: "type Player { id: ID! }\ntype Player { name: String }" });
    expect(twice).toMatchObject([{ code: "GRAPHQL_INVALID", line: 2 }]);
  });

  test("S5.6: the option maxTypes limits the types of a fragment", async () => {
    const { publish, findings } = await testGateway({ maxTypes: 3 });
    await publish("many", {
      typeDefs: "type A { a: Int } type B { a: Int } type C { a: Int } type D { a: Int }",
    });
    expect(findings("many")).toMatchObject([
      { code: "GRAPHQL_TOO_MANY_TYPES", expected: "at most 3", found: "4" },
    ]);
  });

  test("S5.2: warns of root fields without a resolver and of type functions without effect", async () => {
    const { publish, findings, functions } = await testGateway();
    const text = functions.text(() => true);
    await publish("player", {
      typeDefs:
        "extend type Query { a: Int } enum E { A } interface I { a: Int } type T implements I { a: Int }",
      resolvers: { E: { __isTypeOf: text }, I: { __isTypeOf: text }, T: { __resolveType: text } },
    });
    expect(
      findings("player")
        .map(({ severity, code }) => `${severity} ${code}`)
        .sort(),
    ).toEqual([
      "warning GRAPHQL_TYPE_FUNCTION",
      "warning GRAPHQL_TYPE_FUNCTION",
      "warning GRAPHQL_TYPE_FUNCTION",
      "warning GRAPHQL_UNRESOLVED",
    ]);
  });
});
