import { once } from "node:events";
import { connect } from "node:net";
import type { GatewayPage, NotServed, Served } from "@tidegate/core-registry";
import { describe, expect, test } from "vitest";
import { json, problem, route, served, start } from "./fixture.ts";
import { dial, echo, received, refusal, socketRoute, upgradeHead } from "./socket-fixture.ts";

const far = { "x-forwarded-for": "1.2.3.4" };

const page = (access: GatewayPage["access"]): GatewayPage => ({
  method: "GET",
  path: "/~status",
  access,
  handle: (_request, scope, { version }) => json({ branch: scope.branch, version: version?.name }),
});

/** A gateway whose branch `dev` sleeps, its version before too; counts what is woken. */
async function sleeping(access: GatewayPage["access"] = "open", versions: "open" | "local" = "local") {
  const newest = served("33333333", [
    route("GET", "/v", () => json("dev")),
    socketRoute("/ws", async (socket) => socket.send("dev")),
  ]);
  const before = served("22222222", [route("GET", "/v", () => json("dev before"))]);
  const woken: string[] = [];
  const gate = Promise.withResolvers<void>();
  gate.resolve();
  const state = { gate: gate.promise };
  const fixture = await start(
    [],
    { access: { versions } },
    { branches: { master: [served("11111111", [])] }, pages: [page(access)] },
  );
  const waking = (asked: string, what: Served) => async (): Promise<Served | NotServed> => {
    woken.push(asked);
    await state.gate;
    delete fixture.evicted[asked];
    fixture.branches.dev = [newest, before];
    return what;
  };
  fixture.evicted = {
    dev: waking("dev", newest),
    "dev@22222222": waking("dev@22222222", before),
    "dev@33333333": waking("dev@33333333", newest),
  };
  return Object.assign(fixture, { woken, state });
}

describe("S9.5 a branch that sleeps", () => {
  test.each([
    ["/~dev/v", "dev", "dev"],
    ["/~dev@22222222/v", "dev before", "dev@22222222"],
    ["/~dev@33333333/v", "dev", "dev@33333333"],
    ["/~dev/~status", { branch: "dev", version: "33333333" }, "dev"],
  ])("is woken by a request of %s", async (path, expected, what) => {
    const { url, woken } = await sleeping();
    expect(await (await fetch(url + path)).json()).toEqual(expected);
    expect(woken).toEqual([what]);
  });

  test("is woken by an upgrade", async () => {
    const fixture = await sleeping();
    const client = await dial(fixture, "/~dev/ws");
    expect(await received(client, 1)).toEqual(["dev"]);
    expect(fixture.woken).toEqual(["dev"]);
  });

  test.each(["/~dev/v", "/~dev@22222222/v", "/~dev/~status", "/~dev/~metrics"])(
    "is not woken by who may not use it: %s",
    async (path) => {
      const fixture = await sleeping("open", "open");
      expect((await fetch(fixture.url + path, { headers: far })).status).toBe(404);
      expect((await refusal(fixture, path, { headers: far })).status).toBe(404);
      expect(fixture.woken).toEqual([]);
    },
  );

  test("is not woken by who may not see the page, nor by paths and tags that cannot be", async () => {
    const { url, woken } = await sleeping({ scope: "admin" });
    for (const path of ["/~dev/~status", "/~dev/~other", "/~dev@nope/v"])
      expect((await fetch(url + path)).status, path).toBe(404);
    expect(woken).toEqual([]);
  });

  test("who may use no versions may ask for the newest by its tag: it is woken to know its name", async () => {
    const { url, woken, server } = await start(
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
        "dev@22222222": () => expect.unreachable("a version"),
      };
      return Object.assign(fixture, { woken: asked });
    });
    expect(await (await fetch(`${url}/~dev@33333333/v`, { headers: far })).json()).toBe("dev");
    const refused = await fetch(`${url}/~dev@22222222/v`, { headers: far });
    expect(await problem(refused)).toMatchObject({ code: "VERSION_UNKNOWN" });
    expect(woken).toEqual(["dev", "dev"]);
    await server.stop();
  });

  test("that cannot be woken now answers 503; one whose compiler fails, 500 and an error in the log", async () => {
    const fixture = await sleeping();
    fixture.evicted.dev = () => Promise.resolve({ missing: "evicted" });
    const later = await fetch(`${fixture.url}/~dev/v`);
    expect([later.status, later.headers.get("retry-after")]).toEqual([503, "1"]);
    fixture.evicted.dev = () => Promise.reject(new Error("no compiler"));
    expect((await fetch(`${fixture.url}/~dev/v`)).status).toBe(500);
    expect(fixture.log.join()).toContain("error: GET /~dev/v 500 INTERNAL");
    fixture.evicted.dev = () => Promise.resolve({ missing: "branch" });
    expect(await problem(await fetch(`${fixture.url}/~dev/v`))).toMatchObject({ code: "BRANCH_UNKNOWN" });
  });

  test.each([
    ["a request", "GET /~dev/v HTTP/1.1\r\nhost: localhost\r\n\r\n"],
    ["an upgrade", upgradeHead("/~dev/ws")],
  ])("%s whose client goes away meanwhile is no error, and runs nothing", async (_what, head) => {
    const fixture = await sleeping();
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    fixture.evicted.dev = async () => {
      asked.resolve();
      await gate.promise;
      // What waits for it is told in the microtasks that follow.
      setImmediate(over.resolve);
      return served("33333333", [
        route("GET", "/v", () => expect.unreachable("the route")),
        socketRoute("/ws", echo, { accept: () => expect.unreachable("the route") }),
      ]);
    };
    const socket = connect(fixture.listening.port, fixture.listening.host);
    socket.on("error", () => undefined);
    socket.write(head);
    await asked.promise;
    const gone = once(socket, "close");
    socket.resetAndDestroy();
    await gone;
    // The server has noticed when it is asked something that came after it.
    await fetch(`${fixture.url}/~health/liveness`);
    gate.resolve();
    await over.promise;
    expect(fixture.log).toEqual([]);
  });

  test("that slept while a socket was open leaves the socket with what it has, and is woken for what comes next", async () => {
    const fixture = await sleeping();
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
