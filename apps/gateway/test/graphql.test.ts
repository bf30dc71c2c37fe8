import { manualClock } from "@tidegate/plugin-testkit";
import { type AuditResult, serverAudits } from "graphql-http";
import { describe, expect, test } from "vitest";
import { type League, startLeague } from "./league.ts";
import { match, player, team } from "./league-services.ts";

async function startSeason(options: Parameters<typeof startLeague>[0] = {}): Promise<League> {
  const league = await startLeague(options);
  for (const service of [player, team, match]) await league.publish(service);
  return league;
}

describe("S5.5: GraphQL over HTTP", () => {
  test("passes every MUST audit of graphql-http", async () => {
    const { url } = await startSeason();
    const results: AuditResult[] = [];
    for (const audit of serverAudits({ url: `${url}/graphql` })) results.push(await audit.fn());
    const failed = results.filter(({ status }) => status !== "ok");
    const count = (level: string, of = results): number =>
      of.filter(({ name }) => name.startsWith(level)).length;
    for (const level of ["MUST", "SHOULD", "MAY"])
      console.info(`graphql-http: ${count(level) - count(level, failed)} of ${count(level)} ${level} are ok`);
    expect(count("MUST")).toBeGreaterThan(0);
    expect(failed.filter(({ name }) => name.startsWith("MUST")).map(({ name }) => name)).toEqual([]);
  });

  test("answers POST and GET on master, a branch and a version", async () => {
    const { ask, get, gateway, publish } = await startSeason();
    await publish({
      name: "draft",
      fragment: { branch: "next", protocol: { GraphQL: { typeDefs: "extend type Query { draft: Int }" } } },
    });
    const query = '{ player(id: "3") { name rank } }';
    const right = { data: { player: { name: "Player 3", rank: 103 } } };
    const name = gateway.registry.find("master", undefined).version?.name;
    for (const base of ["", "/~master", `/~master@${name}`, "/~next"]) {
      expect((await ask(query, undefined, `${base}/graphql`)).body).toEqual(right);
      expect(await get(`${base}/graphql?query=${encodeURIComponent(query)}`)).toMatchObject({
        status: 200,
        body: right,
      });
    }
  });

  test("answers errors with their status, and syntax errors with their place", async () => {
    const { ask, get, url } = await startSeason();
    const syntax = await ask("{ player(");
    expect([syntax.status, syntax.headers.get("content-type")]).toEqual([
      400,
      "application/graphql-response+json; charset=utf-8",
    ]);
    expect(syntax.body.errors).toMatchObject([{ locations: [{ line: 1, column: 10 }] }]);
    expect((await ask("{ nobody }")).status).toBe(400);
    const { status, headers } = await get(
      `/graphql?query=${encodeURIComponent("mutation { score(id: 1) }")}`,
    );
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
    const form = await fetch(`${url}/graphql`, {
      method: "POST",
      body: new URLSearchParams({ query: "{ teams { id } }" }),
    });
    expect(form.status).toBe(415);
    expect((await fetch(`${url}/graphql`, { method: "DELETE" })).status).toBe(405);
  });

  test("a mutation publishes through the broker", async () => {
    const { ask, bus } = await startSeason();
    expect((await ask('mutation { score(id: "9") }')).body).toEqual({ data: { score: "9" } });
    expect(bus.published).toMatchObject([{ event: "player.scored", params: { id: "9" } }]);
  });
});

describe("S5.4: batches", () => {
  test("three services, three levels, 50 players and a filter: team.get is called once", async () => {
    const { ask, bus } = await startSeason();
    const { body } = await ask("{ teams { name captain { name } players { name team { name } } } }");
    expect(body.errors).toBeUndefined();
    const teams = Object(body.data).teams as { name: string; players: { team: { name: string } }[] }[];
    expect(teams.flatMap(({ players }) => players)).toHaveLength(50);
    for (const { name, players } of teams) for (const each of players) expect(each.team.name).toBe(name);
    expect(["team.list", "player.of", "player.get", "team.get"].map((action) => bus.count(action))).toEqual([
      1, 1, 1, 1,
    ]);
  });

  test("the player query of the specification: one call, one failing field", async () => {
    const { ask, bus } = await startSeason();
    const query =
      "{ viewer { id } one: player(id: 1) { id } two: player(id: 2) { id } three: player(id: 333) { id } }";
    const { status, body } = await ask(query, "7");
    expect([status, body.data]).toEqual([
      200,
      { viewer: { id: "7" }, one: { id: "1" }, two: { id: "2" }, three: null },
    ]);
    expect(body.errors).toMatchObject([{ path: ["three"], message: "There is no player 333." }]);
    expect(bus.calls.map(({ action }) => action)).toEqual(["player.get"]);
    // The identity is available a moment later than the arguments of the operation.
    expect(Object(bus.calls[0]?.params).id.toSorted()).toEqual(["1", "2", "333", "7"]);
  });
});

describe("S5.8, S9.3: services that extend types of each other", () => {
  test("merge into the same version in either order, or at the same time", async () => {
    const schemas = new Set<unknown>();
    const names = new Set<unknown>();
    for (const order of [
      [player, team],
      [team, player],
    ]) {
      for (const atOnce of [false, true]) {
        const { bus, gateway, ask, get } = await startLeague();
        for (const service of order) {
          bus.node(service.name).publish(service);
          if (!atOnce) await gateway.registry.settled();
        }
        await gateway.registry.settled();
        const { body } = await ask('{ player(id: "1") { rank team { captain { name } } } }');
        expect(body).toEqual({ data: { player: { rank: 101, team: { captain: { name: "Player 1" } } } } });
        schemas.add((await get("/~catalog/schema.graphql")).body);
        names.add(gateway.registry.find("master", undefined).version?.name);
      }
    }
    expect([schemas.size, names.size]).toEqual([1, 1]);
    expect([...schemas][0]).toContain("captain: Player");
  });

  test("a lost service: its fields are null for lostSeconds, and are removed then", async () => {
    const clock = manualClock();
    const { bus, ask, get, gateway } = await startSeason({ clock });
    bus.node("team").crash();
    const query = '{ player(id: "1") { name rank team { name } } motto }';
    const within = await ask(query);
    expect([within.status, within.body.data]).toEqual([
      200,
      { player: { name: "Player 1", rank: 101, team: null }, motto: "Fair play" },
    ]);
    expect(within.body.errors).toMatchObject([
      { path: ["player", "team"], extensions: { code: "ACTION_UNAVAILABLE" } },
    ]);
    const { status, headers } = await get("/teams/1");
    expect([status, Number(headers.get("retry-after")) > 0]).toEqual([503, true]);

    clock.advance(15_000);
    await gateway.registry.settled();
    expect((await ask(query)).status).toBe(400);
    expect((await ask('{ player(id: "1") { name } }')).body).toEqual({
      data: { player: { name: "Player 1" } },
    });
    expect(await get("/players/1")).toMatchObject({ status: 200, body: { id: "1" } });
    expect(await get("/teams/1")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    bus.node("team").publish(team);
    await gateway.registry.settled();
    expect((await ask(query)).body.errors).toBeUndefined();
  });
});

describe("S5.5, S6.4: the client of graphql-ws", () => {
  const subscription = { query: "subscription { goals { minute scorer { name } } }" };

  test("is refused without a token, with the description of the rule", async () => {
    const { connect, bus } = await startSeason();
    const { client } = connect();
    await expect(client.iterate(subscription).next()).rejects.toMatchObject([
      { message: expect.stringContaining("Readers alone."), extensions: { code: "UNAUTHENTICATED" } },
    ]);
    expect(bus.patterns ?? []).toEqual([]);
  });

  test("receives all events on one connection during 100 swaps of another service", async () => {
    const { bus, connect, listening, publish, gateway } = await startSeason();
    const { client, connected } = connect("ann.read");
    const goals = client.iterate(subscription);
    const first = goals.next();
    await listening("match.goal");
    const versions = new Set<string>();
    for (let swap = 1; swap <= 100; swap++) {
      await publish({
        name: "other",
        revision: swap,
        fragment: {
          protocol: {
            GraphQL: { typeDefs: `extend type Query { v${swap}: Int } extend type Team { w${swap}: Int }` },
          },
        },
      });
      versions.add(gateway.registry.find("master", undefined).version?.name ?? "");
      bus.node("match").emit("match.goal", { minute: swap, scorerId: String(swap % 50) });
      const { value } = await (swap === 1 ? first : goals.next());
      expect(value).toEqual({ data: { goals: { minute: swap, scorer: { name: `Player ${swap % 50}` } } } });
    }
    expect([versions.size, connected()]).toEqual([100, 1]);
    await goals.return?.();
    await listening("match.goal", false);
  });

  test("is closed with 1012 if a rule of its events changes", async () => {
    const { connect, listening, publish } = await startSeason();
    const { client, closed } = connect("ann.read");
    const ended = client
      .iterate(subscription)
      .next()
      .catch(({ code }) => code);
    await listening("match.goal");
    const fragment = Object(match.fragment);
    const policy = { subscribe: [{ events: ["match.**"], scope: ["write"] }] };
    await publish({ ...match, revision: 1, fragment: { ...fragment, policy } });
    expect(await Promise.all([closed, ended])).toEqual([1012, 1012]);
    await listening("match.goal", false);
  });
});

describe("S14.1: the catalog", () => {
  test("each document contains the endpoints of its protocol", async () => {
    const { get } = await startSeason();
    const { body: openApi } = await get("/~catalog/openapi.json");
    expect(Object.keys(Object(openApi).paths)).toEqual(["/players/{id}", "/teams/{id}"]);
    const { body: asyncApi } = await get("/~catalog/asyncapi.json");
    expect(asyncApi).toMatchObject({
      channels: {
        feed: { address: "/feed", messages: { match: { name: "match.**" } } },
        graphql: { address: "/graphql", messages: { subscriptionGoals: {} } },
      },
      operations: { sendFeed: { "x-rules": ["Readers alone."] }, sendSubscriptionGoals: {} },
    });
    const { status, body: schema, headers } = await get("/~catalog/schema.graphql");
    expect([status, headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(schema).toMatch(/type Team \{[^}]*players: \[Player!\]!/);
  });
});
