import { once } from "node:events";
import { type Connection, errorCodes, type Scope, type WebSocketRoute } from "@tidegate/core-registry";
import { manualClock, recorder } from "@tidegate/plugin-testkit";
import { describe, expect, test } from "vitest";
import type { Auth } from "../src/index.ts";
import { served, start } from "./fixture.ts";
import { closeOf, dial, echo, received, refusal, socketRoute } from "./socket-fixture.ts";

/** Replies to each message with the fingerprint and the version of the connection. */
const where: WebSocketRoute["open"] = async (socket, _, connection) => {
  for await (const _message of socket.messages) {
    const scope = connection.scope();
    await socket.send(`${connection.route().fingerprint} on ${scope.version.slice(0, 8)}`);
    scope.end();
  }
};

const named = (fingerprint: string) => socketRoute("/ws", where, { fingerprint });

describe("S6.4 a connection on the newest version", () => {
  test("runs each operation on the newest version, and is notified of each swap", async () => {
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

  test("stays open during 100 swaps that do not change its route", async () => {
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
    ["changes", [named("b")]],
    ["is removed", []],
  ])("is closed with 1012 when its route %s; several are closed one after another", async (_what, routes) => {
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
      clients.map((_, count) => `${count}: 1012 The route of this socket has changed. Reconnect.`),
    );
  });

  test("stays open where the route is restored before its turn", async () => {
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

  test("keeps its old route with the option keep", async () => {
    const fixture = await start([named("a")], { webSocket: { onRetire: "keep", retireSeconds: 0 } });
    const client = await dial(fixture, "/ws");
    fixture.swap("master", served("22222222", []));
    client.send("?");
    expect(await received(client, 1)).toEqual(["a on 11111111"]);
    fixture.swap("master", served("33333333", [named("b")]));
    client.send("?");
    expect(await received(client, 1)).toEqual(["b on 33333333"]);
  });

  test("is closed also after a swap during its upgrade", async () => {
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

  test("leaves no timer and no listener when it is closed", async () => {
    const clock = manualClock();
    const notified: string[] = [];
    const over = Promise.withResolvers<void>();
    const route = socketRoute("/ws", async (socket, _scope: Scope, connection: Connection) => {
      connection.onSwap(() => notified.push("swap"));
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
    expect(notified).toEqual(["swap"]);
  });
});

test("S6.4 a connection on @version stays on it, and is not notified of swaps", async () => {
  const notified: string[] = [];
  const route = socketRoute("/ws", async (socket, scope, connection) => {
    connection.onSwap(() => notified.push("swap"));
    await where(socket, scope, connection);
  });
  const fixture = await start([route], { webSocket: { retireSeconds: 0 } });
  const client = await dial(fixture, "/~master@11111111/ws");
  fixture.swap("master", served("22222222", []));
  client.send("?");
  expect(await received(client, 1)).toEqual(["the same on 11111111"]);
  expect(notified).toEqual([]);
});

describe("S6.3 an expiring token", () => {
  const auth = { Bearer: (): Auth => ({ identity: "who", expiresAt: 1_000_000 }) };
  const headers = { authorization: "Bearer x" };

  test("closes the socket that was opened with it, with 4401", async () => {
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
    expect(await closed).toEqual([4401, errorCodes.TOKEN_EXPIRED.title]);
    other.send("no token");
    expect(await received(other, 1)).toEqual(["no token"]);
  });

  test("closes the socket after fifty days, beyond the longest delay of a timer", async () => {
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

  test("does nothing with the option keep, or where it is invalid and not read", async () => {
    const clock = manualClock(900_000);
    const fixture = await start([socketRoute("/ws", echo)], { clock, auth, webSocket: { onExpire: "keep" } });
    const client = await dial(fixture, "/ws", { headers });
    clock.advance(29_000);
    client.send("still here");
    expect(await received(client, 1)).toEqual(["still here"]);
    const broken = await start([socketRoute("/ws", echo)], {
      auth: {
        Bearer: () => {
          throw new Error("invalid token");
        },
      },
    });
    await dial(broken, "/ws", { headers });
    expect((await refusal(broken, "/nope", { headers })).status).toBe(404);
  });
});
