import { join } from "node:path";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { Person } from "../src/index.ts";
import { nextVersion, type Run, sendGraphql, startRun } from "./support/run.ts";
import { openSocket } from "./support/socket.ts";

let run: Run;
beforeAll(async () => {
  run = await startRun();
});
afterAll(() => run?.soccer.stop());

/** The number of calls of each action of a service. */
async function callCounts(service: "teams" | "players"): Promise<Record<string, number>> {
  const { body } = await run.ask("GET", `/${service}/calls`);
  return body as Record<string, number>;
}

/** The number of calls of an action while `run` runs. */
async function countCallsDuring(
  service: "teams" | "players",
  action: string,
  run: () => Promise<unknown>,
): Promise<number> {
  const { [action]: before = 0 } = await callCounts(service);
  await run();
  const { [action]: after = 0 } = await callCounts(service);
  return after - before;
}

/** A query of all three services: players, their teams, and the matches of the teams. */
const threeServices = "{ players(limit: 50) { name team { id name matches(limit: 2) { date score } } } }";

describe("S5.1, S5.4: one query over three services", () => {
  test("calls `team.get` once for 50 players", async () => {
    const count = await countCallsDuring("teams", "get", async () => {
      const { status, body } = await sendGraphql(run, threeServices);
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

  test("joins the squad from the player service and the matches from the match service", async () => {
    const query = `{ team(id: 3) { name players(position: goalkeeper) { number team { id } } matches(limit: 1) { id } } }`;
    const { body } = await sendGraphql(run, query);
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

  test("makes one call for four players, of which one fails", async () => {
    const query = `{
      viewer { id } one: player(id: 1) { id } two: player(id: 2) { id } three: player(id: 999) { id }
    }`;
    const count = await countCallsDuring("players", "get", async () => {
      const { body } = await sendGraphql(run, query, "player");
      expect(body).toMatchObject({
        data: { viewer: { id: "7" }, one: { id: "1" }, two: { id: "2" }, three: null },
        errors: [
          { path: ["three"], message: "There is no player 999.", extensions: { code: "PLAYER_NOT_FOUND" } },
        ],
      });
    });
    expect(count).toBe(1);
  });

  test("answers null for the viewer without a token, and calls no action", async () => {
    const count = await countCallsDuring("players", "get", async () => {
      expect((await sendGraphql(run, "{ viewer { id } }")).body).toEqual({ data: { viewer: null } });
    });
    expect(count).toBe(0);
  });
});

describe("S5.2, S7.5: mutations", () => {
  test("only the player can rename themselves", async () => {
    const rename = (id: number) =>
      `mutation { renamePlayer(id: ${id}, name: "Ul Vimi") { name team { id } } }`;
    expect((await sendGraphql(run, rename(7), "player")).body).toEqual({
      data: { renamePlayer: { name: "Ul Vimi", team: { id: "1" } } },
    });
    expect((await sendGraphql(run, rename(8), "player")).body).toMatchObject({
      data: null,
      errors: [{ path: ["renamePlayer"], extensions: { code: "FORBIDDEN" } }],
    });
    expect((await sendGraphql(run, rename(7))).body).toMatchObject({
      errors: [{ extensions: { code: "UNAUTHENTICATED" } }],
    });
  });

  test("only a client with the scope player.write can add a player", async () => {
    const add = `mutation {
      addPlayer(player: { name: "Or Bapa", position: forward, teamId: 2 }) { name team { id } }
    }`;
    expect((await sendGraphql(run, add, "admin")).body).toEqual({
      data: { addPlayer: { name: "Or Bapa", team: { id: "2" } } },
    });
    expect((await sendGraphql(run, add, "player")).body).toMatchObject({
      errors: [{ extensions: { code: "FORBIDDEN" } }],
    });
  });

  test("a subscriber receives a published message with its sender", async () => {
    const subscription = subscribe("subscription { messages { text from { id } } }");
    const send = `mutation { sendMessage(text: "hello") { text } }`;
    const first = subscription.next();
    await repeatUntil(first, async () => {
      expect((await sendGraphql(run, send, "player")).body).toEqual({
        data: { sendMessage: { text: "hello" } },
      });
    });
    expect(await first).toMatchObject({
      value: { data: { messages: { text: "hello", from: { id: "7" } } } },
    });
    await subscription.return?.();
  });
});

describe("S5.5: the live feed over graphql-ws", () => {
  test("delivers each kind of event with its match, team and player", async () => {
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
    await repeatUntil(watch(), playMinute);
    const match = { id: expect.any(String), home: { name: expect.any(String) } };
    const playerEvent = { match, team: { name: expect.any(String) }, player: { name: expect.any(String) } };
    expect(Object.fromEntries(seen)).toMatchObject({
      Goal: playerEvent,
      Card: { ...playerEvent, color: expect.stringMatching(/^(yellow|red)$/) },
      Whistle: { match, period: expect.stringMatching(/^(kickoff|fulltime)$/) },
    });
    await subscription.return?.();
  });

  test("delivers the events of one match only", async () => {
    const subscription = subscribe(`subscription { matchEvents(matchId: 130) { match { id } } }`);
    const three = async (): Promise<unknown[]> => [
      await subscription.next(),
      await subscription.next(),
      await subscription.next(),
    ];
    const events = three();
    await repeatUntil(events, playMinute);
    for (const event of await events)
      expect(event).toMatchObject({ value: { data: { matchEvents: { match: { id: "130" } } } } });
    await subscription.return?.();
  });

  test("refuses cheers without a token, and to clients that are not players", async () => {
    for (const [person, code] of [
      [undefined, "UNAUTHENTICATED"],
      ["visitor", "FORBIDDEN"],
    ] as const) {
      const refused = subscribe("subscription { cheers { text } }", person).next();
      await expect(refused).rejects.toMatchObject([{ extensions: { code } }]);
    }
  });
});

describe("S6.1: the live feed over a WebSocket", () => {
  test("delivers the events of all matches, or of one", async () => {
    const all = await openSocket(run, "/matches/feed");
    const one = await openSocket(run, "/matches/feed?match=131");
    const received = Promise.all([
      all.messages.waitFor((text) => JSON.parse(text).matchId !== 131),
      one.messages.waitFor(),
    ]);
    await repeatUntil(received, playMinute);
    for (const text of one.messages.items) expect(JSON.parse(text)).toMatchObject({ matchId: 131 });
    for (const text of all.messages.items)
      expect(JSON.parse(text)).toMatchObject({
        event: expect.stringMatching(/^match\.(goal|card|whistle)$/),
      });
    await Promise.all([all.close(), one.close()]);
  });

  test("S7.5: authenticated clients cheer, players receive it; each message is authorized", async () => {
    const player = await openSocket(run, "/matches/cheers", "player");
    const visitor = await openSocket(run, "/matches/feed", "visitor");
    visitor.send(JSON.stringify({ text: "" }));
    expect(JSON.parse(await visitor.messages.waitFor((text) => text.includes("error")))).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
    visitor.send(JSON.stringify({ text: "Go!" }));
    expect(JSON.parse(await player.messages.waitFor())).toEqual({ from: "1001", text: "Go!" });

    const anonymous = await openSocket(run, "/matches/feed");
    anonymous.send(JSON.stringify({ text: "Go!" }));
    expect(JSON.parse(await anonymous.messages.waitFor((text) => text.includes("error")))).toMatchObject({
      error: { code: "UNAUTHENTICATED" },
    });
    await Promise.all([player.close(), visitor.close(), anonymous.close()]);
  });

  test.each([
    [undefined, 401],
    ["visitor", 403],
  ] as const)("S6.3: refuses %s before the upgrade with %i", async (person, status) => {
    await expect(openSocket(run, "/matches/cheers", person)).rejects.toThrow(
      `Unexpected server response: ${status}`,
    );
  });
});

describe("S5.4, S7.4: a filter on `team.get`", () => {
  test("still calls it once; only the denied entries fail", async () => {
    const guarded = nextVersion(run, () => true);
    run.soccer.startService("player", join(import.meta.dirname, "support/guarded-teams.ts"));
    await guarded;
    const count = await countCallsDuring("teams", "get", async () => {
      const { body } = await sendGraphql(run, threeServices);
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

  test("S7.7: the developers of all three services read that only one of them guards it", async () => {
    const open =
      "No rule of this fragment applies to `team.get`, which the service `player` (policy.call[3])";
    const warnings = {
      player: "This rule guards `team.get`, which the services `match`, `team` expose without a rule.",
      team: `${open} guards.`,
      match: `${open} guards.`,
    };
    for (const [service, warning] of Object.entries(warnings))
      await run.lines.waitFor(({ source, text }) => source === service && text.includes(warning), 30_000);
  });
});

/** Subscribes with the client of graphql-ws. `next` rejects with the errors of a failed subscription. */
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

/** Plays a minute of the matches. */
async function playMinute(): Promise<void> {
  expect((await run.ask("POST", "/matches/clock", { as: "admin", body: {} })).status).toBe(200);
}

/**
 * Repeats an action until the promise settles. No event tells when the gateway has subscribed to the broker.
 */
async function repeatUntil(settled: Promise<unknown>, action: () => Promise<void>): Promise<void> {
  let waiting = true;
  const end = (): void => {
    waiting = false;
  };
  settled.then(end, end);
  while (waiting) await action();
  await settled;
}
