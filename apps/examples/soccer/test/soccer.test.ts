import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "./support/run.ts";
import { latestVersion, nextVersion, type Run, sendGraphql, startRun } from "./support/run.ts";

let run: Run;
beforeAll(async () => {
  run = await startRun();
});
afterAll(() => run?.soccer.stop());

const example = (name: string): string => join(import.meta.dirname, `../src/try/${name}.ts`);

/** Expects an error response (S12.5). */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.type).toBe("application/problem+json");
  expect(answer.body).toMatchObject({ status, code, requestId: expect.any(String) });
}

describe("three services behind one gateway", () => {
  test("S3: a GET calls an action with a cast parameter", async () => {
    const { status, type, body } = await run.ask("GET", "/players/1");
    expect({ status, type }).toMatchObject({
      status: 200,
      type: expect.stringMatching(/^application\/json/),
    });
    expect(body).toMatchObject({ id: 1, name: expect.any(String), teamId: 1, number: 1 });
  });

  test("S3.3: params that the action declares are filled in from the query and cast", async () => {
    const { body } = await run.ask("GET", "/players?limit=2&offset=1&position=forward&unknown=1");
    expect(body).toMatchObject({ total: 48, players: [{ position: "forward" }, { position: "forward" }] });
  });

  test("S7.2: a fragment can call an action of another service", async () => {
    const { body } = await run.ask("GET", "/teams/3/players");
    expect(body).toHaveLength(18);
  });

  test("S3.1: a context value as a parameter", async () => {
    const { status, body } = await run.ask("GET", "/players/me", { as: "player" });
    expect({ status, body }).toMatchObject({ status: 200, body: { id: 7 } });
  });

  test("S4.4: a map sets the status and a header of a POST", async () => {
    const created = await run.ask("POST", "/players", {
      as: "admin",
      body: { name: "Ul Vimi", position: "forward", teamId: 1 },
    });
    const location = created.headers.get("location") ?? "";
    expect({ status: created.status, location }).toEqual({ status: 201, location: "/players/217" });
    expect((await run.ask("GET", location)).body).toEqual(created.body);
    expect((await run.ask("DELETE", location, { as: "admin" })).status).toBe(204);
    expectProblem(await run.ask("GET", location), 404, "PLAYER_NOT_FOUND");
  });

  test("S2: a publish answers with the payload, and the match service receives the event", async () => {
    const sent = { from: 7, text: "hello" };
    const { status, body } = await run.ask("POST", "/players/message", {
      as: "player",
      body: { text: "hello" },
    });
    expect({ status, body }).toEqual({ status: 200, body: sent });
    await expect.poll(async () => (await run.ask("GET", "/matches/ticker")).body).toEqual([sent]);
  });

  test("S2: a map without a call", async () => {
    const { body } = await run.ask("GET", "/players/positions");
    expect(body).toEqual({ positions: ["goalkeeper", "defender", "midfielder", "forward"] });
  });

  test("S4.4: a map sets headers and a text body", async () => {
    const { type, text } = await run.ask("GET", "/matches/table.csv");
    expect({ type, text }).toEqual({
      type: "text/csv; charset=utf-8",
      text: expect.stringMatching(/^teamId,played,scored,conceded,points(\n\d+(,\d+){4}){12}$/),
    });
  });

  test("S4.4: a map answers 404 for null", async () => {
    expect((await run.ask("GET", "/teams/99")).status).toBe(404);
  });
});

describe("S12.5: error responses have a code", () => {
  test("401 without a token", async () => {
    const answer = await run.ask("GET", "/players/me");
    expectProblem(answer, 401, "UNAUTHENTICATED");
    expect(answer.headers.get("www-authenticate")).toContain("Bearer");
  });

  test("S7.3, S7.5: 403 with the description of a scope rule", async () => {
    const answer = await run.ask("GET", "/players/me", { as: "visitor" });
    expectProblem(answer, 403, "FORBIDDEN");
    expect(answer.text).toContain("Only players have their own page.");
  });

  test("S7.4, S7.5: 403 with the description of a filter rule", async () => {
    const own = await run.ask("PATCH", "/players/7", { as: "player", body: { position: "defender" } });
    expect(own.status).toBe(200);
    const others = await run.ask("PATCH", "/players/8", { as: "player", body: { position: "defender" } });
    expectProblem(others, 403, "FORBIDDEN");
    expect(others.text).toContain("Players change their own record");
    expect(others.text).not.toContain("identity.sub");
  });

  test("404 for an unknown path", async () => {
    expectProblem(await run.ask("GET", "/nothing"), 404, "NOT_FOUND");
  });

  test("S4.2: 405 with Allow for a wrong method", async () => {
    const answer = await run.ask("POST", "/matches/table");
    expectProblem(answer, 405, "METHOD_NOT_ALLOWED");
    expect(answer.headers.get("allow")).toContain("GET");
  });

  test("S3.2: 400 with the name of the parameter", async () => {
    const answer = await run.ask("GET", "/players/abc");
    expectProblem(answer, 400, "BAD_USER_INPUT");
    expect(answer.body).toHaveProperty("detail", expect.stringMatching(/\bid\b/));
  });
});

describe("S1, S9.6: a refused fragment changes nothing that is served", () => {
  test.each([
    { file: "unknown-connector", pattern: /cal\b/, place: "protocol.REST.routes[9]" },
    { file: "function-syntax", pattern: /return response\.name/, place: "protocol.REST.routes[9].call.map" },
    { file: "taken-route", pattern: /GET \/teams\/:/, place: "protocol.REST.routes[0]" },
    { file: "graphql-syntax", pattern: /nickname String/, place: "protocol.GraphQL.typeDefs" },
    { file: "taken-field", pattern: /team\(id: ID!\): Team/, place: "protocol.GraphQL.typeDefs" },
    { file: "foreign-resolver", pattern: /Match\.home/, place: "protocol.GraphQL.resolvers.Match.home" },
  ])("$file", async ({ file, pattern, place }) => {
    const before = latestVersion(run);
    run.lines.clear();
    const previous = run.soccer.services.get("player");
    const broken = run.soccer.startService("player", example(file));

    const frame = await run.lines.waitFor(({ source, text }) => source === "player" && pattern.test(text));
    await run.lines.waitFor(({ source, text }) => source === "player" && text.includes(place));
    const short = await run.lines.waitFor(({ source, text }) => source === "gateway" && text.includes(place));
    expect(short.text).toContain("error");
    expect(latestVersion(run)).toBe(before);
    // The new node's fragment is refused, but calls are balanced over both nodes.
    for (const id of [1, 2, 3, 4]) expect((await run.ask("GET", `/players/${id}`)).status).toBe(200);
    expect((await run.ask("GET", "/teams/1")).status).toBe(200);

    // Only the service's own log shows the code frame.
    const linesOf = (source: string): string[] =>
      run.lines.items.filter((line) => line.source === source).map(({ text }) => text);
    expect(linesOf("player").length).toBeGreaterThan(linesOf("gateway").length);
    expect(frame.text).not.toBe(short.text);

    expect(await broken.stop()).toEqual({ code: 0, signal: null });
    expect(latestVersion(run)).toBe(before);
    expect(previous?.pid).not.toBe(broken.pid);
  });
});

describe("S9.2, S9.4, S9.5: a changed fragment", () => {
  test("is served, and the previous version still answers", async () => {
    const before = latestVersion(run);
    const live = nextVersion(run, (routes) => routes.includes("GET /players/:id/card"));
    run.soccer.startService("player", example("changed"));
    const after = await live;
    expect(after).not.toBe(before);

    expect((await run.ask("GET", "/players/positions")).body).toEqual({ positions: ["G", "D", "M", "F"] });
    expect((await run.ask("GET", "/players/3/card")).body).toEqual({ card: expect.stringMatching(/^3 /) });
    const old = await run.ask("GET", `/~master@${before}/players/positions`);
    expect(old.body).toEqual({ positions: ["goalkeeper", "defender", "midfielder", "forward"] });
    expectProblem(await run.ask("GET", `/~master@${before}/players/3/card`), 404, "NOT_FOUND");
    expect((await run.ask("GET", `/~master@${before}/players/3`)).status).toBe(200);
  });
});

describe("S9.3: kill -9 of a service", () => {
  test("calls answer 503, the routes are removed and return; other services never fail", async () => {
    const others = pollPaths(["/teams/1", "/matches/1", "/matches/table"]);
    const gone = nextVersion(run, (routes) => !routes.some((route) => route.includes("/teams/:id")));
    const pid = run.soccer.services.get("team")?.pid ?? 0;
    const lost = run.soccer.services.get("team")?.ended;
    process.kill(pid, "SIGKILL");
    expect(await lost).toEqual({ code: null, signal: "SIGKILL" });

    const answer = await run.ask("GET", "/teams/2");
    expectProblem(answer, 503, "ACTION_UNAVAILABLE");
    expect(answer.headers.has("retry-after")).toBe(true);
    // S9.3: the schema still has its types: the field is null, with an error.
    expect((await sendGraphql(run, "{ player(id: 1) { id team { name } } }")).body).toMatchObject({
      data: { player: { id: "1", team: null } },
      errors: [{ path: ["player", "team"], extensions: { code: "ACTION_UNAVAILABLE" } }],
    });

    await gone;
    expectProblem(await run.ask("GET", "/teams/2"), 404, "NOT_FOUND");
    // S5.8: definitions that use its types wait; all others are served.
    expect((await sendGraphql(run, "{ player(id: 1) { id } today { minute } }")).body).toMatchObject({
      data: { player: { id: "1" } },
    });
    expect((await sendGraphql(run, "{ player(id: 1) { team { id } } }")).body).toMatchObject({
      errors: [{ message: expect.stringContaining("team") }],
    });

    const back = nextVersion(run, (routes) => routes.includes("GET /teams/:id"));
    run.soccer.startService("team");
    await back;
    expect((await run.ask("GET", "/teams/2")).status).toBe(200);
    expect((await sendGraphql(run, "{ player(id: 1) { team { id } } }")).body).toEqual({
      data: { player: { team: { id: "1" } } },
    });

    const statuses = await others.end();
    expect(statuses.get("/matches/1")).toEqual(new Set([200]));
    expect(statuses.get("/matches/table")).toEqual(new Set([200]));
    expect(statuses.get("/teams/1")).toEqual(new Set([200, 503, 404]));
  });
});

/** Requests each path repeatedly until `end` is called, which returns the statuses. */
function pollPaths(paths: readonly string[]): { end(): Promise<ReadonlyMap<string, ReadonlySet<number>>> } {
  let ended = false;
  const statuses = new Map(paths.map((path) => [path, new Set<number>()]));
  const asking = paths.map(async (path) => {
    while (!ended) statuses.get(path)?.add((await run.ask("GET", path)).status);
  });
  return {
    end: async () => {
      ended = true;
      await Promise.all(asking);
      return statuses;
    },
  };
}
