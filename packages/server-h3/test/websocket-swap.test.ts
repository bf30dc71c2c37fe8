import { once } from "node:events";
import type { Connection, Scope, WebSocketRoute } from "@tidegate/core-registry";
import { manualClock, recorder } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { Auth } from "../src/index.ts";
import { served, start } from "./fixture.ts";
import { closeOf, dial, echo, received, refusal, socketRoute } from "./socket-fixture.ts";

/** Answers each message with where the connection stands. */
const where: WebSocketRoute["open"] = async (socket, _, connection) => {
  for await (const _message of socket.messages) {
    const scope = connection.scope();
    await socket.send(`${connection.route().fingerprint} on ${scope.version.slice(0, 8)}`);
    scope.end();
  }
};

const named = (fingerprint: string) => socketRoute("/ws", where, { fingerprint });

describe("S6.4 a connection on the latest version", () => {
  test("starts each operation on the newest one, and is told of each swap", async () => {
    const swaps = recorder<string>("swap");
    const route = socketRoute("/ws", async (socket, scope, connection) => {
      const stop = connection.onSwap(() => swaps.push(connection.scope().version.slice(0, 8)));
      await where(socket, scope, connection);
      stop();
    });
    const fixture = await start([route]);
    const client = await dial(fixture, "/ws");
    for (const version of ["22222222", "33333333"]) {
      fixture.swap("master", served(version, [socketRoute("/ws", where)]));
      client.send("?");
      expect(await received(client, 1)).toEqual([`the same on ${version}`]);
    }
    fixture.swap("dev", served("44444444", []));
    expect(swaps.items).toEqual(["22222222", "33333333"]);
  });

  test("goes on through 100 swaps that leave its route alone", async () => {
    const fixture = await start([named("a")]);
    const client = await dial(fixture, "/ws");
    for (let count = 0; count < 100; count += 1) {
      const name = String(20_000_000 + count);
      fixture.swap("master", served(name, [named("a"), socketRoute(`/other/${count}`, echo)]));
      client.send("?");
      expect(await received(client, 1)).toEqual([`a on ${name}`]);
    }
  });

  test.each([
    ["changed", [named("b")]],
    ["went", []],
  ])("is closed with 1012 when its route %s, one after another over the window", async (_what, routes) => {
    const clock = manualClock();
    const fixture = await start([named("a")], { clock, webSocket: { retireSeconds: 5 } });
    const closed: string[] = [];
    const clients = [];
    for (let count = 0; count < 5; count += 1) {
      const client = await dial(fixture, "/ws");
      clients.push(client);
      client.on("close", (code, reason) => closed.push(`${count}: ${code} ${String(reason)}`));
    }
    fixture.swap("master", served("22222222", routes));
    for (const [count, client] of clients.entries()) {
      expect(closed).toHaveLength(count);
      const end = once(client, "close");
      clock.advance(count === 0 ? 0 : 1000);
      await end;
    }
    expect(closed).toEqual(
      clients.map((_, count) => `${count}: 1012 The route of this socket has changed. Connect again.`),
    );
  });

  test("stays where the route comes back before its turn", async () => {
    const clock = manualClock();
    const fixture = await start([named("a")], { clock });
    const first = await dial(fixture, "/ws");
    const client = await dial(fixture, "/ws");
    fixture.swap("master", served("22222222", [named("b")]));
    const closed = closeOf(first);
    clock.advance(0);
    expect((await closed)[0]).toBe(1012);
    fixture.swap("master", served("33333333", [named("a")]));
    clock.advance(5_000);
    client.send("?");
    expect(await received(client, 1)).toEqual(["a on 33333333"]);
  });

  test("stays with what was, where the option says keep", async () => {
    const fixture = await start([named("a")], { webSocket: { onRetire: "keep", retireSeconds: 0 } });
    const client = await dial(fixture, "/ws");
    fixture.swap("master", served("22222222", []));
    client.send("?");
    expect(await received(client, 1)).toEqual(["a on 11111111"]);
    fixture.swap("master", served("33333333", [named("b")]));
    client.send("?");
    expect(await received(client, 1)).toEqual(["b on 33333333"]);
  });

  test("is closed too where the swap came while it was let in", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const accept: WebSocketRoute["accept"] = async () => {
      asked.resolve();
      await answer.promise;
      return { accept: true };
    };
    const fixture = await start([socketRoute("/ws", where, { accept })], { webSocket: { retireSeconds: 0 } });
    const dialing = dial(fixture, "/ws").then(closeOf);
    await asked.promise;
    fixture.swap("master", served("22222222", []));
    answer.resolve();
    expect((await dialing)[0]).toBe(1012);
  });

  test("a closed socket leaves no timer and no listener behind", async () => {
    const clock = manualClock();
    const heard: string[] = [];
    const over = Promise.withResolvers<void>();
    const route = socketRoute("/ws", async (socket, _scope: Scope, connection: Connection) => {
      connection.onSwap(() => heard.push("swap"));
      await socket.closed;
      over.resolve();
    });
    const fixture = await start([route], { clock });
    const client = await dial(fixture, "/ws");
    fixture.swap("master", served("22222222", []));
    expect(clock.pending).toBe(2);
    client.close();
    await closeOf(client);
    await over.promise;
    await fixture.server.stop();
    expect(clock.pending).toBe(0);
    fixture.swap("master", served("33333333", []));
    expect(heard).toEqual(["swap"]);
  });
});

test("S6.4 a connection on @version stays on it, and hears of no swap", async () => {
  const heard: string[] = [];
  const route = socketRoute("/ws", async (socket, scope, connection) => {
    connection.onSwap(() => heard.push("swap"));
    await where(socket, scope, connection);
  });
  const fixture = await start([route], { webSocket: { retireSeconds: 0 } });
  const client = await dial(fixture, "/~master@11111111/ws");
  fixture.swap("master", served("22222222", []));
  client.send("?");
  expect(await received(client, 1)).toEqual(["the same on 11111111"]);
  expect(heard).toEqual([]);
});

describe("S6.3 a token that expires", () => {
  const auth = { Bearer: (): Auth => ({ identity: "who", expiresAt: 1_000_000 }) };
  const headers = { authorization: "Bearer x" };

  test("closes the socket that came with it, with 4401", async () => {
    const clock = manualClock(900_000);
    const fixture = await start([socketRoute("/ws", echo)], {
      clock,
      auth,
      webSocket: { idleSeconds: 10_000 },
    });
    const client = await dial(fixture, "/ws", { headers });
    const other = await dial(fixture, "/ws");
    const closed = closeOf(client);
    clock.advance(99_999);
    client.send("still here");
    expect(await received(client, 1)).toEqual(["still here"]);
    clock.advance(1);
    expect(await closed).toEqual([4401, "The access token has expired."]);
    other.send("nobody");
    expect(await received(other, 1)).toEqual(["nobody"]);
  });

  test("in fifty days does so then, and not at once", async () => {
    const clock = manualClock(0);
    const day = 24 * 3600 * 1000;
    const long = { Bearer: (): Auth => ({ identity: "who", expiresAt: 50 * day }) };
    const fixture = await start([socketRoute("/ws", echo)], {
      clock,
      auth: long,
      webSocket: { idleSeconds: 100 * 24 * 3600 },
    });
    const client = await dial(fixture, "/ws", { headers });
    const closed = closeOf(client);
    clock.advance(50 * day - 1);
    client.send("still here");
    expect(await received(client, 1)).toEqual(["still here"]);
    clock.advance(1);
    expect((await closed)[0]).toBe(4401);
  });

  test("changes nothing where the option says keep, or where it is not valid and nobody asks for it", async () => {
    const clock = manualClock(900_000);
    const fixture = await start([socketRoute("/ws", echo)], { clock, auth, webSocket: { onExpire: "keep" } });
    const client = await dial(fixture, "/ws", { headers });
    clock.advance(29_000);
    client.send("still here");
    expect(await received(client, 1)).toEqual(["still here"]);
    const broken = await start([socketRoute("/ws", echo)], {
      auth: {
        Bearer: () => {
          throw new Error("no token");
        },
      },
    });
    await dial(broken, "/ws", { headers });
    expect((await refusal(broken, "/nope", { headers })).status).toBe(404);
  });
});
