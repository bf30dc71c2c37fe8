import { type Change, type Claim, silentLogger } from "@tidegate/core-registry";
import { createRegistry } from "@tidegate/core-registry/registry";
import { knownFunctions, memoryBroker } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { graphql } from "../src/index.ts";
import { testGateway } from "./test-gateway.ts";

const player = {
  typeDefs: `
    "A player" type Player implements Node { id: ID! name: String! team: Team }
    extend type Team { players: [Player!]! }
    extend type Query { player(id: ID!): Player }`,
  resolvers: {
    Query: { player: { call: "player.get" } },
    Player: { team: { call: { action: "team.get", params: { id: "@source.teamId[]" } } } },
    Team: { players: { call: { action: "player.list", params: { team: "@source.id" } } } },
  },
};
const team = {
  typeDefs: `
    type Team implements Node { id: ID! name: String! captain: Player }
    extend type Player { teammates: [Player!] }
    extend type Query { team(id: ID!): Team }`,
  resolvers: {
    Query: { team: { call: "team.get" } },
    Team: { captain: { call: { action: "player.get", params: { id: "@source.captainId[]" } } } },
  },
};
const pages = {
  typeDefs: `type PageInfo { hasNext: Boolean! } enum Side { HOME AWAY } extend type Query { pages: PageInfo side: Side }`,
};

async function printSchemaOf(order: readonly string[], atOnce: boolean): Promise<[id: string, text: string]> {
  const parts: Record<string, object> = {
    player,
    team,
    one: pages,
    two: { typeDefs: pages.typeDefs.replace(/extend.*/, "") },
  };
  const bus = memoryBroker();
  const registry = createRegistry({
    brokers: [bus.broker],
    protocols: [graphql()],
    policies: [],
    sandbox: knownFunctions(),
    contexts: [],
    logger: silentLogger,
  });
  onTestFinished(() => registry.stop());
  await registry.start();
  for (const name of order) {
    bus.node(name).publish({ name, fragment: { protocol: { GraphQL: parts[name] } } });
    if (!atOnce) await registry.settled();
  }
  await registry.settled();
  const served = registry.find("master", undefined);
  if (served.version === undefined) throw new Error("The branch master has no version.");
  return [served.version.id, (await registry.documents(served))["schema.graphql"] ?? ""];
}

describe("S5.8, S9.4: one schema of many fragments", () => {
  test("the order of fragments does not matter, one by one or at once", async () => {
    const [id, text] = await printSchemaOf(["one", "player", "team", "two"], true);
    expect(text).toContain("teammates: [Player!]");
    expect(text).toContain("players: [Player!]!");
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(["player", "team", "one", "two"], { minLength: 4 }),
        fc.boolean(),
        async (order, atOnce) => {
          expect(await printSchemaOf(order, atOnce)).toEqual([id, text]);
        },
      ),
      { numRuns: 24 },
    );
  });

  test("a field of a missing type waits alone, with a finding, until the type is defined", async () => {
    const { publish, ask, findings, served } = await testGateway();
    await publish("player", player, { get: () => ({ id: "1", name: "Ann", teamId: "t" }) });
    expect(await ask("{ player(id: 1) { name } }")).toEqual({ data: { player: { name: "Ann" } } });
    // What waits is reported after a second (S10.2).
    const waiting = (): readonly string[] =>
      findings("player")
        .filter(({ code }) => code === "CLAIM_WAITING")
        .map(({ message }) => message);
    await expect
      .poll(waiting, { timeout: 10_000 })
      .toEqual([
        "`Player.team` waits for `type Team`, which no service defines.",
        "`Team.players` waits for `type Team`, which no service defines.",
      ]);
    expect(findings("player").find(({ code }) => code === "CLAIM_WAITING")?.frame).toContain(
      "type Player implements Node",
    );
    await publish("team", team, {
      get: ({ params }) => (params as { id: string[] }).id.map((id) => ({ id, name: "Reds" })),
    });
    expect(await ask("{ player(id: 1) { team { name } } }")).toEqual({
      data: { player: { team: { name: "Reds" } } },
    });
    expect(served().version.fragments.flatMap(({ waiting }) => waiting)).toEqual([]);
  });

  test("without fragments the schema has Query with node and _version", async () => {
    const { ask, served, document } = await testGateway();
    expect(await ask("{ _version node(id: 1) { id } }")).toEqual({
      data: { _version: served().version.name, node: null },
    });
    const text = await document();
    expect(text).toContain("type Query");
    expect(text).not.toContain("type Mutation");
  });

  test("S5.6: identical definitions are shared, different ones are not", async () => {
    const { publish, findings } = await testGateway();
    await publish("one", { typeDefs: "type PageInfo { hasNext: Boolean! }" });
    await publish("two", { typeDefs: '"documented" type PageInfo { "same" hasNext: Boolean! }' });
    expect(findings("two").filter(({ severity }) => severity === "error")).toEqual([]);
    await publish("three", { typeDefs: "type PageInfo { hasNext: Boolean! hasPrevious: Boolean! }" });
    expect(findings("three")).toMatchObject([{ code: "CLAIM_TAKEN", line: 1, column: 6 }]);
  });

  test("S5.6: the option maxBranchTypes refuses only the fragment that exceeds it", async () => {
    const { publish, findings, ask } = await testGateway({ maxBranchTypes: 3 });
    await publish("one", { typeDefs: "type A { a: Int } type B { a: Int } extend type Query { a: Int }" });
    await publish("two", { typeDefs: "type C { a: Int } type D { a: Int }" });
    expect(findings("two")).toMatchObject([
      { code: "GRAPHQL_TOO_MANY_TYPES", expected: "at most 3", found: "4" },
    ]);
    expect(await ask("{ a }")).toEqual({ data: { a: null } });
  });

  test("a type implements an interface when none of the required fields waits", async () => {
    const { publish, document, findings } = await testGateway();
    await publish("one", {
      typeDefs: `interface Has { thing: Node } type A implements Has { id: ID thing: Thing }
        extend type Query { a: A }`,
    });
    expect(findings("one").filter(({ severity }) => severity === "error")).toEqual([]);
    expect(await document()).not.toContain("implements Has");
    await publish("two", { typeDefs: "type Thing implements Node { id: ID! }" });
    expect(await document()).toContain("type A implements Has");
  });

  test("the next version has the same schema if no GraphQL part changed", async () => {
    const { publish, bus, registry, served } = await testGateway();
    await publish("one", pages);
    const before = served().version;
    bus.node("rest").publish({ name: "rest", fragment: { protocol: {} }, revision: 1 });
    await registry.settled();
    const after = served().version;
    expect(after.id).not.toBe(before.id);
    const assembled = before.protocols.get("GraphQL")?.assembled;
    expect(assembled).toBeDefined();
    expect(after.protocols.get("GraphQL")?.assembled).toBe(assembled);
  });

  test("S1.4: the fingerprint leaves out descriptions and comments only", async () => {
    const { fingerprint } = graphql();
    const of = (typeDefs: string): string => JSON.stringify(fingerprint?.({ typeDefs }));
    expect(of('# c\n"d" type A { "e" a(b: Int = 1): Int }')).toBe(of("type A { a(b:Int=1):Int }"));
    expect(of("type A { a(b:Int=2):Int }")).not.toBe(of("type A { a(b:Int=1):Int }"));
  });
});

test("S5.8: claims need other types, and no provided type", async () => {
  const tools = {
    addFinding: () => undefined,
    origin: { service: "s", hash: "", jsonPath: "protocol.GraphQL" },
  };
  const compiled = await graphql().compile(
    {
      typeDefs: `type A implements Node & I { id: ID! b(c: In, d: [DateTime]): [B!] } union U = A | X extend type Query { a: A }`,
    },
    {
      ...tools,
      connectors: { compile: () => undefined, subscribe: () => undefined },
      compileFunction: () => undefined,
      reportRuntime: () => undefined,
      signal: new AbortController().signal,
    },
  );
  const needs = Object.fromEntries((compiled.claims ?? []).map(({ key, needs: each }: Claim) => [key, each]));
  expect(needs).toEqual({
    "type A": [["field A.id", "field A.b"]],
    "field A.id": ["type A"],
    "field A.b": ["type A", "type B", "type In"],
    "implements A.Node": ["type A", "field A.id"],
    "implements A.I": ["type A", "type I"],
    "type U": [["member U.A", "member U.X"]],
    "member U.A": ["type U", "type A"],
    "member U.X": ["type U", "type X"],
    "field Query.a": ["type A"],
  });
});

test("the changes between two versions have a label and a level", async () => {
  const { publish, registry } = await testGateway();
  const changes: Change[] = [];
  await publish("player", {
    typeDefs: "type Player { id: ID name: String } extend type Query { player: Player old: Int }",
    resolvers: { Query: { player: { call: "player.get" } } },
  });
  registry.onSwap((swap) => void changes.push(...swap.changes));
  await publish(
    "player",
    {
      typeDefs: `type Player { id: ID! name(short: Boolean!): String } enum Side { HOME }
        extend type Query { player: Player }`,
      resolvers: { Query: { player: { call: "player.find" } } },
    },
    {},
    { revision: 1 },
  );
  expect(changes.map(({ kind, label, level }) => `${kind} ${label} ${level}`).sort()).toEqual([
    "added Player.name breaking",
    "added Side safe",
    "changed Player.id safe",
    "changed Query.player dangerous",
    "removed Query.old breaking",
  ]);
});
