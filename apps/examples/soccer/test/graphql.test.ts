import { join } from "node:path";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { Person } from "../src/index.ts";
import { graphqlOf, mounted, type Run, startRun } from "./support/run.ts";
import { socketOf } from "./support/socket.ts";

let run: Run;
beforeAll(async () => {
  run = await startRun();
});
afterAll(() => run?.soccer.stop());

/** How often actions of a service have been called until now. */
async function calls(service: "teams" | "players"): Promise<Record<string, number>> {
  const { body } = await run.ask("GET", `/${service}/calls`);
  return body as Record<string, number>;
}

/** How often an action is called while something is done. */
async function callsWhile(
  service: "teams" | "players",
  action: string,
  what: () => Promise<unknown>,
): Promise<number> {
  const { [action]: before = 0 } = await calls(service);
  await what();
  const { [action]: after = 0 } = await calls(service);
  return after - before;
}

/** Of all three services: players, their teams, and their teams' matches. */
const threeServices = "{ players(limit: 50) { name team { id name matches(limit: 2) { date score } } } }";

describe("one query over three services (S5.1, S5.4)", () => {
  test("three levels deep over 50 players, `team.get` is called once", async () => {
    const count = await callsWhile("teams", "get", async () => {
      const { status, body } = await graphqlOf(run, threeServices);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("errors");
      const players = (body as { data: { players: unknown[] } }).data.players;
      expect(players).toHaveLength(50);
      for (const player of players)
        expect(player).toMatchObject({
          name: expect.any(String),
          team: {
            name: expect.any(String),
            matches: [{ score: [expect.any(Number), expect.any(Number)] }, {}],
          },
        });
    });
    expect(count).toBe(1);
  });

  test("a team's squad comes from the player service, and its matches from the match service", async () => {
    const query =
      "{ team(id: 3) { name players(position: goalkeeper) { number team { id } } matches(limit: 1) { id } } }";
    const { body } = await graphqlOf(run, query);
    expect(body).toEqual({
      data: {
        team: {
          name: expect.any(String),
          players: [
            { number: 1, team: { id: "3" } },
            { number: 2, team: { id: "3" } },
          ],
          matches: [{ id: expect.any(String) }],
        },
      },
    });
  });

  test("the query of the seed makes one call, and one field fails alone", async () => {
    const query = `{ viewer { id } one: player(id: 1) { id } two: player(id: 2) { id } three: player(id: 999) { id } }`;
    const count = await callsWhile("players", "get", async () => {
      const { body } = await graphqlOf(run, query, "player");
      expect(body).toMatchObject({
        data: { viewer: { id: "7" }, one: { id: "1" }, two: { id: "2" }, three: null },
        errors: [
          { path: ["three"], message: "There is no player 999.", extensions: { code: "PLAYER_NOT_FOUND" } },
        ],
      });
    });
    expect(count).toBe(1);
  });

  test("nobody is the viewer without a token, and nothing is called for it", async () => {
    const count = await callsWhile("players", "get", async () => {
      expect((await graphqlOf(run, "{ viewer { id } }")).body).toEqual({ data: { viewer: null } });
    });
    expect(count).toBe(0);
  });
});

describe("mutations (S5.2, S7.5)", () => {
  test("a player is renamed by themselves, and by nobody else", async () => {
    const rename = (id: number) =>
      `mutation { renamePlayer(id: ${id}, name: "Ul Vimi") { name team { id } } }`;
    expect((await graphqlOf(run, rename(7), "player")).body).toEqual({
      data: { renamePlayer: { name: "Ul Vimi", team: { id: "1" } } },
    });
    expect((await graphqlOf(run, rename(8), "player")).body).toMatchObject({
      data: null,
      errors: [{ path: ["renamePlayer"], extensions: { code: "FORBIDDEN" } }],
    });
    expect((await graphqlOf(run, rename(7))).body).toMatchObject({
      errors: [{ extensions: { code: "UNAUTHENTICATED" } }],
    });
  });

  test("a player is added by who may write players", async () => {
    const add = `mutation { addPlayer(player: { name: "Or Bapa", position: forward, teamId: 2 }) { name team { id } } }`;
    expect((await graphqlOf(run, add, "admin")).body).toEqual({
      data: { addPlayer: { name: "Or Bapa", team: { id: "2" } } },
    });
    expect((await graphqlOf(run, add, "player")).body).toMatchObject({
      errors: [{ extensions: { code: "FORBIDDEN" } }],
    });
  });

  test("a message is published, and who subscribed hears it with its sender joined", async () => {
    const subscription = subscribe("subscription { messages { text from { id } } }");
    const send = `mutation { sendMessage(text: "hello") { text } }`;
    const first = subscription.next();
    await until(first, async () => {
      expect((await graphqlOf(run, send, "player")).body).toEqual({
        data: { sendMessage: { text: "hello" } },
      });
    });
    expect(await first).toMatchObject({
      value: { data: { messages: { text: "hello", from: { id: "7" } } } },
    });
    await subscription.return?.();
  });
});

describe("the live feed, by graphql-ws's own client (S5.5)", () => {
  test("an event of each kind, its match, team and player joined", async () => {
    const query = `subscription { matchEvents {
      kind: __typename minute match { id home { name } }
      ... on Goal { team { name } player { name } }
      ... on Card { color team { name } player { name } }
      ... on Whistle { period }
    } }`;
    const subscription = subscribe(query);
    const seen = new Map<string, unknown>();
    const watch = async (): Promise<void> => {
      while (seen.size < 3) {
        const { value } = await subscription.next();
        const { matchEvents: event } = value.data as { matchEvents: { kind: string } };
        seen.set(event.kind, event);
      }
    };
    await until(watch(), pass);
    const match = { id: expect.any(String), home: { name: expect.any(String) } };
    const somebody = { match, team: { name: expect.any(String) }, player: { name: expect.any(String) } };
    expect(Object.fromEntries(seen)).toMatchObject({
      Goal: somebody,
      Card: { ...somebody, color: expect.stringMatching(/^(yellow|red)$/) },
      Whistle: { match, period: expect.stringMatching(/^(kickoff|fulltime)$/) },
    });
    await subscription.return?.();
  });

  test("of one match alone", async () => {
    const subscription = subscribe(`subscription { matchEvents(matchId: 130) { match { id } } }`);
    const three = async (): Promise<unknown[]> => [
      await subscription.next(),
      await subscription.next(),
      await subscription.next(),
    ];
    const events = three();
    await until(events, pass);
    for (const event of await events)
      expect(event).toMatchObject({ value: { data: { matchEvents: { match: { id: "130" } } } } });
    await subscription.return?.();
  });

  test("cheers are refused without a token, and to who is no player", async () => {
    for (const [person, code] of [
      [undefined, "UNAUTHENTICATED"],
      ["visitor", "FORBIDDEN"],
    ] as const) {
      const refused = subscribe("subscription { cheers { text } }", person).next();
      await expect(refused).rejects.toMatchObject([{ extensions: { code } }]);
    }
  });
});

describe("the live feed, by a WebSocket (S6.1)", () => {
  test("events of all matches, or of one", async () => {
    const all = await socketOf(run, "/matches/feed");
    const one = await socketOf(run, "/matches/feed?match=131");
    const heard = Promise.all([
      all.messages.waitFor((text) => JSON.parse(text).matchId !== 131),
      one.messages.waitFor(),
    ]);
    await until(heard, pass);
    for (const text of one.messages.items) expect(JSON.parse(text)).toMatchObject({ matchId: 131 });
    for (const text of all.messages.items)
      expect(JSON.parse(text)).toMatchObject({
        event: expect.stringMatching(/^match\.(goal|card|whistle)$/),
      });
    await Promise.all([all.close(), one.close()]);
  });

  test("who has a token cheers, players hear it, and each message is judged by itself (S7.5)", async () => {
    const hearing = await socketOf(run, "/matches/cheers", "player");
    const cheering = await socketOf(run, "/matches/feed", "visitor");
    cheering.send(JSON.stringify({ text: "" }));
    expect(JSON.parse(await cheering.messages.waitFor((text) => text.includes("error")))).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
    cheering.send(JSON.stringify({ text: "Go!" }));
    expect(JSON.parse(await hearing.messages.waitFor())).toEqual({ from: "1001", text: "Go!" });

    const nobody = await socketOf(run, "/matches/feed");
    nobody.send(JSON.stringify({ text: "Go!" }));
    expect(JSON.parse(await nobody.messages.waitFor((text) => text.includes("error")))).toMatchObject({
      error: { code: "UNAUTHENTICATED" },
    });
    await Promise.all([hearing.close(), cheering.close(), nobody.close()]);
  });

  test.each([
    [undefined, 401],
    ["visitor", 403],
  ] as const)("%s is refused before the upgrade: %i (S6.3)", async (person, status) => {
    await expect(socketOf(run, "/matches/cheers", person)).rejects.toThrow(
      `Unexpected server response: ${status}`,
    );
  });
});

describe("with a filter policy on `team.get` (S5.4, S7.4)", () => {
  test("it is still called once, and what the filter denies fails alone", async () => {
    const guarded = mounted(run, () => true);
    run.soccer.startService("player", join(import.meta.dirname, "support/guarded-teams.ts"));
    await guarded;
    const count = await callsWhile("teams", "get", async () => {
      const { body } = await graphqlOf(run, threeServices);
      const { data, errors } = body as {
        data: { players: { team: { id: string } | null }[] };
        errors: { path: unknown[]; extensions: unknown }[];
      };
      const teams = data.players.map(({ team }) => team?.id ?? null);
      expect(teams.filter((id) => id === null)).toHaveLength(18);
      expect(new Set(teams)).toEqual(new Set(["1", null, "3"]));
      expect(errors).toHaveLength(18);
      for (const { extensions } of errors) expect(extensions).toEqual({ code: "UNAUTHENTICATED" });
    });
    expect(count).toBe(1);
  });
});

/** Subscribes by graphql-ws's own client; what a failed subscription is told rejects `next`. */
function subscribe(query: string, as?: Person): AsyncIterator<{ data?: unknown }> {
  const { url, tokens } = run.soccer;
  const headers = as === undefined ? {} : { authorization: `Bearer ${tokens[as]}` };
  class Socket extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    lazy: true,
  });
  return client.iterate({ query });
}

/** Lets a minute of the matches pass. */
async function pass(): Promise<void> {
  expect((await run.ask("POST", "/matches/clock", { as: "admin", body: {} })).status).toBe(200);
}

/** Does something again and again until something has happened: nobody is told when a subscription has dispatched. */
async function until(happened: Promise<unknown>, what: () => Promise<void>): Promise<void> {
  let waiting = true;
  const end = (): void => {
    waiting = false;
  };
  happened.then(end, end);
  while (waiting) await what();
  await happened;
}
