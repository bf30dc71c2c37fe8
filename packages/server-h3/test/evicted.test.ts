import { once } from "node:events";
import { connect } from "node:net";
import type { GatewayPage, NotServed, Served } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { json, problem, route, served, start } from "./fixture.ts";
import { dial, echo, received, refusal, socketRoute, upgradeHead } from "./socket-fixture.ts";

const remote = { "x-forwarded-for": "1.2.3.4" };

const page = (access: GatewayPage["access"]): GatewayPage => ({
  method: "GET",
  path: "/~status",
  access,
  handle: (_request, scope, { version }) => json({ branch: scope.branch, version: version?.name }),
});

/**
 * A gateway whose branch `dev` is evicted, its previous version too; `recompiled` lists what was compiled
 * again.
 */
async function evictedBranch(access: GatewayPage["access"] = "open", versions: "open" | "local" = "local") {
  const newest = served("33333333", [
    route("GET", "/v", () => json("dev")),
    socketRoute("/ws", async (socket) => socket.send("dev")),
  ]);
  const previous = served("22222222", [route("GET", "/v", () => json("dev old"))]);
  const recompiled: string[] = [];
  const gate = Promise.withResolvers<void>();
  gate.resolve();
  const state = { gate: gate.promise };
  const fixture = await start(
    [],
    { access: { versions } },
    { branches: { master: [served("11111111", [])] }, pages: [page(access)] },
  );
  const recompiling = (asked: string, what: Served) => async (): Promise<Served | NotServed> => {
    recompiled.push(asked);
    await state.gate;
    delete fixture.evicted[asked];
    fixture.branches.dev = [newest, previous];
    return what;
  };
  fixture.evicted = {
    dev: recompiling("dev", newest),
    "dev@22222222": recompiling("dev@22222222", previous),
    "dev@33333333": recompiling("dev@33333333", newest),
  };
  return Object.assign(fixture, { recompiled, state });
}

describe("S9.5 an evicted branch", () => {
  test.each([
    ["/~dev/v", "dev", "dev"],
    ["/~dev@22222222/v", "dev old", "dev@22222222"],
    ["/~dev@33333333/v", "dev", "dev@33333333"],
    ["/~dev/~status", { branch: "dev", version: "33333333" }, "dev"],
  ])("is compiled again for a request of %s", async (path, expected, what) => {
    const { url, recompiled } = await evictedBranch();
    expect(await (await fetch(url + path)).json()).toEqual(expected);
    expect(recompiled).toEqual([what]);
  });

  test("is compiled again for an upgrade", async () => {
    const fixture = await evictedBranch();
    const client = await dial(fixture, "/~dev/ws");
    expect(await received(client, 1)).toEqual(["dev"]);
    expect(fixture.recompiled).toEqual(["dev"]);
  });

  test.each(["/~dev/v", "/~dev@22222222/v", "/~dev/~status", "/~dev/~metrics"])(
    "is not compiled for a client without access: %s",
    async (path) => {
      const fixture = await evictedBranch("open", "open");
      expect((await fetch(fixture.url + path, { headers: remote })).status).toBe(404);
      expect((await refusal(fixture, path, { headers: remote })).status).toBe(404);
      expect(fixture.recompiled).toEqual([]);
    },
  );

  test("is not compiled for a page that the client cannot see, nor for invalid paths and tags", async () => {
    const { url, recompiled } = await evictedBranch({ scope: "admin" });
    for (const path of ["/~dev/~status", "/~dev/~other", "/~dev@nope/v"])
      expect((await fetch(url + path)).status, path).toBe(404);
    expect(recompiled).toEqual([]);
  });

  test("is compiled to know its tag where a client without access to versions names one", async () => {
    const { url, recompiled, server } = await start(
      [],
      { access: { branches: "open" } },
      { branches: { master: [served("11111111", [])] } },
    ).then((fixture) => {
      const newest = served("33333333", [route("GET", "/v", () => json("dev"))]);
      const asked: string[] = [];
      fixture.evicted = {
        dev: () => {
          asked.push("dev");
          return Promise.resolve(newest);
        },
        "dev@22222222": () => expect.unreachable("A version was compiled."),
      };
      return Object.assign(fixture, { recompiled: asked });
    });
    expect(await (await fetch(`${url}/~dev@33333333/v`, { headers: remote })).json()).toBe("dev");
    const refused = await fetch(`${url}/~dev@22222222/v`, { headers: remote });
    expect(await problem(refused)).toMatchObject({ code: "VERSION_UNKNOWN" });
    expect(recompiled).toEqual(["dev", "dev"]);
    await server.stop();
  });

  test("answers 503 if it cannot be compiled now; 500 and a logged error if compiling fails", async () => {
    const fixture = await evictedBranch();
    fixture.evicted.dev = () => Promise.resolve({ missing: "evicted" });
    const later = await fetch(`${fixture.url}/~dev/v`);
    expect([later.status, later.headers.get("retry-after")]).toEqual([503, "1"]);
    fixture.evicted.dev = () => Promise.reject(new Error("compiling failed"));
    expect((await fetch(`${fixture.url}/~dev/v`)).status).toBe(500);
    expect(fixture.log.join()).toContain("error: GET /~dev/v 500 INTERNAL");
    fixture.evicted.dev = () => Promise.resolve({ missing: "branch" });
    expect(await problem(await fetch(`${fixture.url}/~dev/v`))).toMatchObject({ code: "BRANCH_UNKNOWN" });
  });

  test.each([
    ["a request", "GET /~dev/v HTTP/1.1\r\nhost: localhost\r\n\r\n"],
    ["an upgrade", upgradeHead("/~dev/ws")],
  ])(
    "%s whose client disconnects meanwhile runs nothing, and is not logged as an error",
    async (_what, head) => {
      const fixture = await evictedBranch();
      const gate = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const over = Promise.withResolvers<void>();
      fixture.evicted.dev = async () => {
        asked.resolve();
        await gate.promise;
        // The request continues in the microtasks that follow.
        setImmediate(over.resolve);
        return served("33333333", [
          route("GET", "/v", () => expect.unreachable("The route ran.")),
          socketRoute("/ws", echo, { accept: () => expect.unreachable("The route ran.") }),
        ]);
      };
      const socket = connect(fixture.listening.port, fixture.listening.host);
      socket.on("error", () => undefined);
      socket.write(head);
      await asked.promise;
      const gone = once(socket, "close");
      socket.resetAndDestroy();
      await gone;
      // When the server replies to a later request, it has noticed the disconnect.
      await fetch(`${fixture.url}/~health/liveness`);
      gate.resolve();
      await over.promise;
      expect(fixture.log).toEqual([]);
    },
  );

  test("an open socket keeps its version while the branch is evicted, then gets the newest", async () => {
    const fixture = await evictedBranch();
    delete fixture.evicted.dev;
    const route = socketRoute("/ws", async (socket, _scope, connection) => {
      for await (const _ of socket.messages) {
        const scope = connection.scope();
        await socket.send(`${connection.route().fingerprint} on ${scope.version.slice(0, 8)}`);
        scope.end();
      }
    });
    fixture.branches.dev = [served("33333333", [route])];
    const client = await dial(fixture, "/~dev/ws");
    const answer = async (): Promise<string | undefined> => {
      client.send("?");
      return (await received(client, 1))[0];
    };
    fixture.swap("dev", served("44444444", [route]));
    expect(await answer()).toBe("the same on 44444444");
    const newest = served("55555555", [route]);
    fixture.evicted.dev = async () => {
      delete fixture.evicted.dev;
      fixture.swap("dev", newest);
      return newest;
    };
    expect(await answer()).toBe("the same on 44444444");
    expect(fixture.evicted.dev).toBeUndefined();
    expect(await answer()).toBe("the same on 55555555");
  });
});
