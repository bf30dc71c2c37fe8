import { describe, expect, test, vi } from "vitest";
import { testGateway } from "./test-gateway.ts";
import { connect } from "./test-socket.ts";

const feed = {
  typeDefs: `
    type Player { id: ID! name: String team: Team }
    type Team { id: ID! name: String }
    extend type Query { player: Player }
    extend type Mutation { say(text: String!): JSON }
    extend type Subscription { said(room: String = "all"): String playerUpdated: Player broken: Int! }`,
  resolvers: {
    Query: { player: { call: "player.get" } },
    Player: { team: { call: { action: "team.get", params: { id: "@source.teamId[]" } } } },
    Mutation: { say: { publish: { event: "player.said", params: { text: "@args.text" } } } },
  },
};

async function startFeed(more: { readonly policy?: object } = {}) {
  const gateway = await testGateway();
  const { functions, publish, bus } = gateway;
  const part = {
    ...feed,
    resolvers: {
      ...feed.resolvers,
      Subscription: {
        said: {
          subscribe: {
            events: functions.text(({ args }: { args: { room: string } }) => `room.${args.room}`),
            map: functions.text(
              ({ source }: { source: { payload: { text: string } } }) => source.payload.text,
            ),
          },
        },
        playerUpdated: { subscribe: { events: ["player.updated"] } },
        broken: { subscribe: { events: ["broken"] } },
      },
    },
  };
  await publish("player", part, { get: () => ({ id: 1, name: "Ann", teamId: 3 }) }, more);
  bus.node("team").publish({
    name: "team",
    actions: { get: ({ params }) => (params as { id: number[] }).id.map((id) => ({ id, name: `t${id}` })) },
  });
  await gateway.registry.settled();
  const listening = async (pattern: string, is = true): Promise<void> => {
    await vi.waitUntil(() => (bus.patterns ?? []).includes(pattern) === is, { interval: 1, timeout: 5_000 });
  };
  return { ...gateway, part, listening };
}

describe("S5.5: graphql-transport-ws", () => {
  test("runs queries and mutations; an invalid operation gets an error message", async () => {
    const gateway = await startFeed();
    const { subscribe, next, send, received } = await connect(gateway);
    subscribe("1", "{ player { name team { name } } }");
    expect(await next("1")).toEqual({
      id: "1",
      type: "next",
      payload: { data: { player: { name: "Ann", team: { name: "t3" } } } },
    });
    expect(await next("1", 2)).toEqual({ id: "1", type: "complete" });
    subscribe("2", "{ nothing }");
    expect(await next("2")).toMatchObject({
      type: "error",
      payload: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    });
    subscribe("3", 'mutation { say(text: "hi") }');
    expect(await next("3")).toMatchObject({ payload: { data: { say: { text: "hi" } } } });
    send({ type: "ping" });
    expect(await received.waitFor(({ type }) => type === "pong")).toEqual({ type: "pong" });
  });

  test("S5.3: each event executes the operation in its own scope, with the result of map", async () => {
    const gateway = await startFeed();
    const { bus, listening } = gateway;
    const { subscribe, next, send } = await connect(gateway);
    subscribe("a", "subscription ($room: String) { words: said(room: $room) }", { room: "blue" });
    subscribe("b", "subscription { playerUpdated { id team { name } } }");
    await listening("room.blue");
    await listening("player.updated");
    bus.node("team").emit("room.blue", { text: "goal" });
    expect(await next("a")).toEqual({ id: "a", type: "next", payload: { data: { words: "goal" } } });
    bus.node("team").emit("player.updated", { id: 7, teamId: 9 });
    bus.node("team").emit("player.updated", { id: 8, teamId: 9 });
    expect(await next("b", 2)).toMatchObject({
      payload: { data: { playerUpdated: { id: "8", team: { name: "t9" } } } },
    });
    expect(bus.count("team.get")).toBe(2);
    send({ id: "a", type: "complete" });
    send({ id: "b", type: "complete" });
    await listening("room.blue", false);
    await listening("player.updated", false);
  });

  test("an event that fails gets an error, and the subscription goes on", async () => {
    const gateway = await startFeed();
    const { bus, listening } = gateway;
    const { subscribe, next } = await connect(gateway);
    subscribe("a", "subscription { said }");
    await listening("room.all");
    bus.node("team").emit("room.all", null);
    expect(await next("a")).toMatchObject({
      type: "next",
      payload: { errors: [{ path: ["said"], extensions: { code: "FUNCTION_THREW" } }] },
    });
    bus.node("team").emit("room.all", { text: "again" });
    expect(await next("a", 2)).toMatchObject({ payload: { data: { said: "again" } } });
    subscribe("b", "subscription { broken }");
    await listening("broken");
    bus.node("team").emit("broken", "no number");
    expect(await next("b")).toMatchObject({ payload: { data: null, errors: [{ path: ["broken"] }] } });
  });

  test("S7.5: a policy refuses a subscription before the gateway listens to its events", async () => {
    const policy = { subscribe: [{ description: "fans only", events: ["player.**"], who: "*" }] };
    const gateway = await startFeed({ policy });
    const anonymous = await connect(gateway);
    anonymous.subscribe("a", "subscription { playerUpdated { id } }");
    expect(await anonymous.next("a")).toMatchObject({
      type: "error",
      payload: [{ path: ["playerUpdated"], extensions: { code: "UNAUTHENTICATED" } }],
    });
    expect(gateway.bus.patterns ?? []).toEqual([]);
    const fan = await connect(gateway, { headers: { "x-auth": '{"name":"fan"}' } });
    fan.subscribe("a", "subscription { playerUpdated { id } }");
    await gateway.listening("player.updated");
    gateway.bus.node("team").emit("player.updated", { id: 5 });
    expect(await fan.next("a")).toMatchObject({ payload: { data: { playerUpdated: { id: "5" } } } });
  });

  test("a client that breaks the protocol is closed; a closed socket stops listening to events", async () => {
    const gateway = await startFeed();
    const early = await connect(gateway, { init: false });
    early.subscribe("a", "{ _version }");
    expect(await early.closed).toMatchObject({ code: 4401 });
    const odd = await connect(gateway, { init: false });
    odd.send({ type: "nonsense" });
    expect(await odd.closed).toMatchObject({ code: 4400 });
    const good = await connect(gateway);
    good.subscribe("a", "subscription { said }");
    await gateway.listening("room.all");
    good.close(1000, "");
    await good.done;
    await gateway.listening("room.all", false);
  });

  test("the option maxSocketOperations limits the operations that run at once", async () => {
    const gateway = await startFeed();
    const { subscribe, next } = await connect(gateway);
    for (let index = 0; index < 100; index++) subscribe(`s${index}`, "subscription { said }");
    await gateway.listening("room.all");
    subscribe("more", "{ _version }");
    expect(await next("more")).toMatchObject({
      type: "error",
      payload: [{ extensions: { code: "RATE_LIMITED" } }],
    });
  });

  test("a client that stops reading gets an error when too many events wait", async () => {
    const gateway = await startFeed();
    let release = (): void => undefined;
    const stalled = new Promise<void>((resolve) => (release = resolve));
    let stall = false;
    const { subscribe, received, next } = await connect(gateway, {
      onSend: () => (stall ? stalled : Promise.resolve()),
    });
    subscribe("a", "subscription { playerUpdated { id } }");
    await gateway.listening("player.updated");
    stall = true;
    for (let id = 0; id < 3_000; id++) gateway.bus.node("team").emit("player.updated", { id });
    await gateway.listening("player.updated", false);
    expect(received.items.length).toBeLessThan(5);
    release();
    expect(await received.waitFor(({ type }) => type === "error")).toMatchObject({
      id: "a",
      payload: [{ extensions: { code: "SLOW_CONSUMER" } }],
    });
    await next("a");
  });
});

describe("S6.4: version swaps", () => {
  test("an unchanged subscription goes on; a new operation starts on the newest version", async () => {
    const gateway = await startFeed();
    const { bus, publish, listening, registry } = gateway;
    const { subscribe, next } = await connect(gateway);
    subscribe("a", "subscription { playerUpdated { id team { name } } }");
    await listening("player.updated");
    for (let revision = 1; revision <= 20; revision++) {
      await publish(
        "other",
        { typeDefs: `extend type Query { v${revision}: Int } extend type Team { extra${revision}: Int }` },
        {},
        { revision },
      );
      bus.node("team").emit("player.updated", { id: revision, teamId: 1 });
      expect(await next("a", revision)).toMatchObject({
        payload: { data: { playerUpdated: { id: String(revision), team: { name: "t1" } } } },
      });
    }
    subscribe("b", "{ v20 }");
    expect(await next("b")).toMatchObject({ payload: { data: { v20: null } } });
    await registry.settled();
  });

  test.each([
    [
      "the events of its root field",
      (part: typeof feed) => ({
        ...part,
        resolvers: {
          ...part.resolvers,
          Subscription: { playerUpdated: { subscribe: { events: ["player.changed"] } } },
        },
      }),
      {},
    ],
    [
      "a selected field",
      (part: typeof feed) => ({
        ...part,
        typeDefs: part.typeDefs.replace("type Team { id: ID!", "type Team { id: ID"),
      }),
      {},
    ],
    [
      "a policy rule of its events",
      (part: typeof feed) => part,
      { policy: { subscribe: [{ events: ["player.*"], who: "*" }] } },
    ],
    ["its part, which loses the root field,", () => ({ typeDefs: "extend type Query { a: Int }" }), {}],
  ])("a change of %s closes the socket with 1012", async (_, change, more) => {
    const gateway = await startFeed();
    const { closed, subscribe } = await connect(gateway);
    const idle = await connect(gateway);
    subscribe("a", "subscription { playerUpdated { team { id } } }");
    await gateway.listening("player.updated");
    await gateway.publish("player", change(gateway.part), {}, { ...more, revision: 1 });
    expect(await closed).toMatchObject({ code: 1012 });
    await gateway.listening("player.updated", false);
    idle.subscribe("a", "{ _version }");
    expect(await idle.next("a")).toMatchObject({ type: "next" });
  });
});
