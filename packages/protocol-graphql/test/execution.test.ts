import { Readable } from "node:stream";
import { serviceError } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const idsParam = { type: "object", properties: { id: {} } };
const soccer = `
  type Player { id: ID! name: String! team: Team }
  type Team { id: ID! name: String! players: [Player!]! }
  extend type Query { viewer: Player player(id: ID!): Player teams: [Team!]! }
`;

describe("S5.4: batches", () => {
  test("one query makes one call, and an entry that fails is an error of its field", async () => {
    const { publish, ask, bus } = await testGateway();
    await publish(
      "player",
      {
        typeDefs: `type Player { id: ID! email: String } extend type Query { viewer: Player player(id: ID!): Player }`,
        resolvers: {
          Query: {
            viewer: { call: { action: "player.get", params: { id: "@context.auth.player[]" } } },
            player: { call: { action: "player.get", params: { id: "@args.id[]" } } },
          },
        },
      },
      {
        get: {
          params: idsParam,
          handler: ({ params }) =>
            (params as { id: string[] }).id.map((id) =>
              id === "3"
                ? { message: "no such player", code: 404, isBatchError: true }
                : { id, email: `${id}@soccer` },
            ),
        },
      },
    );
    const answer = await ask(
      `query { viewer { id email } one: player(id: 1) { id email } two: player(id: 2) { id email } three: player(id: 3) { id email } }`,
      {},
      { "x-auth": '{"name":"me","player":"7"}' },
    );
    expect(answer).toMatchObject({
      data: {
        viewer: { id: "7", email: "7@soccer" },
        one: { id: "1", email: "1@soccer" },
        two: { id: "2", email: "2@soccer" },
        three: null,
      },
      errors: [{ message: "no such player", path: ["three"] }],
    });
    expect(bus.calls.map(({ params }) => params)).toEqual([{ id: ["7", "1", "2", "3"] }]);
  });

  test.each([
    ["without a policy", undefined],
    ["with an asynchronous policy", { call: [{ actions: ["team.get"], who: "*" }] }],
  ])("three levels over 50 players call team.get once %s", async (_, policy) => {
    const { publish, ask, bus } = await testGateway();
    const all = Array.from({ length: 50 }, (_, index) => ({
      id: String(index),
      name: `p${index}`,
      teamId: index % 8,
    }));
    await publish(
      "soccer",
      {
        typeDefs: soccer,
        resolvers: {
          Query: { teams: { call: { action: "team.list", params: {} } } },
          Team: { players: { call: { action: "player.of", params: { team: "@source.id[]" } } } },
          Player: { team: { call: { action: "team.get", params: { id: "@source.teamId[]" } } } },
        },
      },
      {},
      policy === undefined ? {} : { policy },
    );
    bus.node("team").publish({
      name: "team",
      actions: {
        list: () => Array.from({ length: 8 }, (_, id) => ({ id, name: `t${id}` })),
        get: {
          params: idsParam,
          handler: ({ params }) => (params as { id: number[] }).id.map((id) => ({ id, name: `t${id}` })),
        },
      },
    });
    bus.node("player").publish({
      name: "player",
      actions: {
        of: ({ params }) =>
          (params as { team: number[] }).team.map((id) => all.filter(({ teamId }) => teamId === id)),
      },
    });
    const answer = (await ask(
      "{ teams { name players { name team { name } } } }",
      {},
      { "x-auth": '{"name":"me"}' },
    )) as {
      data: { teams: { name: string; players: { name: string; team: { name: string } }[] }[] };
      errors?: unknown;
    };
    expect(answer.errors).toBeUndefined();
    const rows = answer.data.teams.flatMap(({ name, players }) =>
      players.map((each) => [name, each.team.name]),
    );
    expect(rows).toHaveLength(50);
    for (const [one, other] of rows) expect(other).toBe(one);
    expect([bus.count("team.list"), bus.count("player.of"), bus.count("team.get")]).toEqual([1, 1, 1]);
  });

  test("each field of a mutation is a batch of its own", async () => {
    const { publish, ask, bus } = await testGateway();
    await publish(
      "player",
      {
        typeDefs: "extend type Mutation { touch(id: ID!): String }",
        resolvers: {
          Mutation: { touch: { call: { action: "player.touch", params: { id: "@args.id[]" } } } },
        },
      },
      { touch: ({ params }) => (params as { id: string[] }).id.map((id) => `touched ${id}`) },
    );
    expect(await ask(`mutation { a: touch(id: 1) b: touch(id: 2) c: touch(id: 1) }`)).toEqual({
      data: { a: "touched 1", b: "touched 2", c: "touched 1" },
    });
    expect(bus.calls.map(({ params }) => params)).toEqual([{ id: ["1"] }, { id: ["2"] }, { id: ["1"] }]);
  });
});

describe("S5.2: resolvers", () => {
  test("a field uses call, map, publish or the property of its name", async () => {
    const { publish, ask, bus, functions } = await testGateway();
    await publish(
      "player",
      {
        typeDefs: `
          type Player { id: ID! position: String constructor: String }
          extend type Query { player(id: ID!): Player where: String }
          extend type Mutation { say(text: String!): JSON }`,
        resolvers: {
          Query: {
            player: { call: "player.get" },
            where: functions.text(
              ({ info }: { info: { path: unknown; parentType: string; operation: unknown } }) =>
                JSON.stringify([info.path, info.parentType, info.operation]),
            ),
          },
          Player: {
            position: functions.text(({ source }: { source: { position: string } }) =>
              source.position.toUpperCase(),
            ),
          },
          Mutation: { say: { publish: { event: "player.said", params: { text: "@args.text" } } } },
        },
      },
      { get: { params: idsParam, handler: ({ params }) => ({ ...(params as object), position: "goal" }) } },
    );
    expect(await ask(`query Q { player(id: 4) { id position constructor } there: where }`)).toEqual({
      data: {
        player: { id: "4", position: "GOAL", constructor: null },
        there: '[["there"],"Query",{"kind":"query","name":"Q"}]',
      },
    });
    expect(await ask(`mutation { say(text: "goal") }`)).toEqual({ data: { say: { text: "goal" } } });
    expect(bus.published).toMatchObject([{ event: "player.said", params: { text: "goal" } }]);
  });

  test("S5.5: a stream as the value of a field is destroyed, and the field gets an error", async () => {
    const { publish, ask } = await testGateway();
    const stream = Readable.from(["never read"]);
    await publish(
      "files",
      {
        typeDefs: "extend type Query { file: JSON other: String }",
        resolvers: { Query: { file: { call: "files.get" } } },
      },
      { get: () => stream },
    );
    expect(await ask("{ file other }")).toMatchObject({
      data: { file: null, other: null },
      errors: [{ path: ["file"], extensions: { code: "REPLY_INVALID" } }],
    });
    expect(stream.destroyed).toBe(true);
  });

  test("S2.6: info is plain data, with fragments replaced by their fields", async () => {
    const { publish, ask, functions } = await testGateway();
    await publish("player", {
      typeDefs: "type P { id: ID friends: [P] } extend type Query { info(n: Int): JSON p: P }",
      resolvers: {
        Query: {
          info: functions.text(({ info }: { info: { variables: object } }) => info.variables),
          p: functions.text(({ info }: { info: { selection: unknown } }) => ({
            id: JSON.stringify(info.selection),
          })),
        },
      },
    });
    const answer = (await ask(
      "query ($n: Int = 4) { info(n: $n) p { id ...F } } fragment F on P { f: friends { id } }",
    )) as { data: { info: object; p: { id: string } } };
    expect(answer.data.info).toEqual({ n: 4 });
    expect(JSON.parse(answer.data.p.id)).toEqual([
      { name: "id" },
      { name: "friends", alias: "f", on: "P", selection: [{ name: "id" }] },
    ]);
  });

  test("abstract types use __resolveType, else __typename, else the first true __isTypeOf", async () => {
    const { publish, ask, functions } = await testGateway();
    await publish("zoo", {
      typeDefs: `
        type Cat { name: String } type Dog { name: String barks: Boolean }
        union Pet = Cat | Dog
        interface Named { name: String } type Fish implements Named { name: String }
        union Tagged = Cat | Fish
        extend type Query { pets: [Pet] named: Named tagged: [Tagged] lost: Tagged }`,
      resolvers: {
        Query: {
          pets: functions.text(() => [
            { name: "Tom" },
            { name: "Rex", barks: true },
            { __typename: "Cat", barks: 1 },
            {},
          ]),
          named: functions.text(() => ({ name: "Nemo" })),
          tagged: functions.text(() => [
            { __typename: "Fish", name: "Dory" },
            { __typename: "Cat", name: "Kit" },
          ]),
          lost: functions.text(() => ({ name: "?" })),
        },
        Dog: {
          __isTypeOf: functions.text(({ source }: { source: { barks?: boolean } }) => source.barks === true),
        },
        Cat: {},
        Named: { __resolveType: functions.text(() => "Fish") },
      },
    });
    expect(
      await ask(`{ pets { __typename ... on Cat { name } ... on Dog { barks } } named { __typename name } }`),
    ).toMatchObject({
      data: {
        pets: [null, { __typename: "Dog", barks: true }, { __typename: "Cat", name: null }, null],
        named: { __typename: "Fish", name: "Nemo" },
      },
      errors: [{ path: ["pets", 0] }, { path: ["pets", 3] }],
    });
    expect(await ask(`{ tagged { __typename ... on Fish { name } } lost { __typename } }`)).toMatchObject({
      data: { tagged: [{ __typename: "Fish", name: "Dory" }, { __typename: "Cat" }], lost: null },
      errors: [{ path: ["lost"], extensions: { code: "REPLY_INVALID" } }],
    });
  });

  test("default values in the schema reach the action, also those of input fields", async () => {
    const { publish, ask, bus } = await testGateway();
    await publish(
      "player",
      {
        typeDefs: `
          enum Order { NAME AGE }
          input Page { size: Int! = 20 order: Order = AGE }
          extend type Query { players(first: Int = 10, page: Page = { size: 5 }): JSON }`,
        resolvers: { Query: { players: { call: { action: "player.list", params: "@args" } } } },
      },
      { list: ({ params }) => params },
    );
    expect(await ask("{ players }")).toEqual({
      data: { players: { first: 10, page: { size: 5, order: "AGE" } } },
    });
    expect(await ask("query ($p: Page) { players(page: $p) }", { p: {} })).toEqual({
      data: { players: { first: 10, page: { size: 20, order: "AGE" } } },
    });
    expect(bus.count("player.list")).toBe(2);
  });
});

describe("S7.5, S12.5: field errors", () => {
  test("the error of a service has its code, and an internal error is hidden", async () => {
    const { publish, ask } = await testGateway();
    await publish(
      "player",
      {
        typeDefs: "extend type Query { gone: String broken: String absent: String fine: String! }",
        resolvers: {
          Query: {
            gone: { call: "player.gone" },
            broken: { call: "player.broken" },
            absent: { call: "missing.action" },
            fine: { call: "player.fine" },
          },
        },
      },
      {
        gone: () => {
          throw serviceError("It retired.", { code: 410, type: "PLAYER_RETIRED", data: { since: 2020 } });
        },
        broken: () => {
          throw new Error("secret");
        },
        fine: () => "fine",
      },
    );
    const answer = await ask("{ gone broken absent fine }");
    // The id leads to the line in the log. An error below 500 has no line.
    const requestId = expect.stringMatching(/^[\da-f]{32}$/);
    expect(answer).toMatchObject({
      data: { gone: null, broken: null, absent: null, fine: "fine" },
      errors: expect.arrayContaining([
        expect.objectContaining({
          message: "It retired.",
          path: ["gone"],
          extensions: { code: "PLAYER_RETIRED", data: { since: 2020 } },
        }),
        expect.objectContaining({ path: ["broken"], extensions: { code: "SERVICE_ERROR", requestId } }),
        expect.objectContaining({
          path: ["absent"],
          extensions: { code: "ACTION_UNAVAILABLE", retryAfter: 2, requestId },
        }),
      ]),
    });
    expect(JSON.stringify(answer)).not.toContain("secret");
  });

  test("a policy rule refuses a field, and the message contains its description", async () => {
    const { publish, ask } = await testGateway();
    await publish(
      "player",
      {
        typeDefs: "extend type Query { secret: String open: String }",
        resolvers: { Query: { secret: { call: "player.secret" }, open: { call: "player.open" } } },
      },
      { secret: () => "s", open: () => "o" },
      { policy: { call: [{ description: "only the coach", actions: ["player.secret"], who: "coach" }] } },
    );
    expect(await ask("{ secret open }")).toMatchObject({
      data: { secret: null, open: "o" },
      errors: [{ path: ["secret"], extensions: { code: "UNAUTHENTICATED" } }],
    });
    const denied = (await ask("{ secret }", {}, { "x-auth": '{"name":"fan"}' })) as {
      errors: { message: string; extensions: object }[];
    };
    expect(denied.errors[0]?.extensions).toEqual({ code: "FORBIDDEN" });
    expect(denied.errors[0]?.message).toContain("only the coach");
    expect(await ask("{ secret }", {}, { "x-auth": '{"name":"coach"}' })).toEqual({ data: { secret: "s" } });
  });
});
