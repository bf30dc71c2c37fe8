import { once } from "node:events";
import { errorCodes, type Socket, TidegateError } from "@tidegate/core-registry";
import { manualClock, recorder } from "@tidegate/plugin-testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageQueue } from "../src/sockets/message-queue.ts";
import { isCloseCode, truncateReason } from "../src/sockets/socket.ts";
import { start } from "./fixture.ts";
import {
  closeOf,
  dial,
  dialRaw,
  echo,
  frame,
  frames,
  listen,
  received,
  socketRoute,
} from "./socket-fixture.ts";

describe("messages", () => {
  test("are read in order and one at a time, text as text and bytes as bytes", async () => {
    const taken: (string | number[])[] = [];
    let busy = 0;
    const fixture = await start([
      socketRoute("/ws", async (socket) => {
        for await (const message of socket.messages) {
          busy += 1;
          expect(busy).toBe(1);
          // Later messages take less time, but still have to wait.
          for (let turns = 5 - taken.length; turns > 0; turns -= 1)
            await new Promise((resolve) => setImmediate(resolve));
          taken.push(typeof message === "string" ? message : [...message]);
          busy -= 1;
          await socket.send(message);
        }
      }),
    ]);
    const client = await dial(fixture, "/ws");
    for (let count = 0; count < 5; count += 1) client.send(`message ${count}`);
    client.send(Buffer.from([1, 2, 255]));
    await received(client, 6);
    expect(taken).toEqual([...Array.from({ length: 5 }, (_, count) => `message ${count}`), [1, 2, 255]]);
  });

  test("received before the client closed can still be read", async () => {
    const taken = recorder<string>("message");
    const ended = Promise.withResolvers<void>();
    const begin = Promise.withResolvers<void>();
    const fixture = await start([
      socketRoute("/ws", async (socket) => {
        await begin.promise;
        for await (const message of socket.messages) taken.push(String(message));
        ended.resolve();
      }),
    ]);
    const client = await dial(fixture, "/ws");
    for (let count = 0; count < 10; count += 1) client.send(String(count));
    client.close(1000);
    await closeOf(client);
    begin.resolve();
    await ended.promise;
    expect(taken.items).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  test("pause the connection while the route does not read, and none is lost", async () => {
    const begin = Promise.withResolvers<void>();
    const fixture = await start([
      socketRoute("/ws", async (socket, scope, connection) => {
        await begin.promise;
        await echo(socket, scope, connection);
      }),
    ]);
    const client = await dialRaw(fixture, "/ws");
    const message = frame(2, Buffer.alloc(512 * 1024, 1));
    // More than the buffers of the kernel and of the server.
    let written = 0;
    while (written < 64) {
      written += 1;
      if (!client.socket.write(message) && client.socket.writableLength > 16 * 1024 ** 2) break;
    }
    const drained = once(client.socket, "drain");
    await fetch(fixture.url);
    expect(client.socket.writableLength).toBeGreaterThan(1024 ** 2);
    begin.resolve();
    await drained;
  });

  test("pause the connection at 16 messages or 64 KiB, and resume it when all are read", async () => {
    const flow: string[] = [];
    const queue = new MessageQueue({ pause: () => flow.push("pause"), resume: () => flow.push("resume") });
    const iterator = queue.messages[Symbol.asyncIterator]();
    for (let count = 0; count < 20; count += 1) queue.push(String(count));
    expect(flow).toEqual(["pause"]);
    for (let count = 0; count < 19; count += 1) expect((await iterator.next()).value).toBe(String(count));
    expect(flow).toEqual(["pause"]);
    await iterator.next();
    expect(flow).toEqual(["pause", "resume"]);
    queue.push(new Uint8Array(64 * 1024));
    expect(flow).toEqual(["pause", "resume", "pause"]);
    await iterator.return?.();
    expect(flow.at(-1)).toBe("resume");
    queue.push("late");
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe("websocket-04 a slow reader", () => {
  test("is closed with 1013 when more than maxBufferedBytes wait, so that memory is bounded", async () => {
    const message = Buffer.alloc(64 * 1024, 1);
    const outcome = Promise.withResolvers<{ readonly sent: number; readonly error: unknown }>();
    const fixture = await start([
      socketRoute("/ws", async (socket) => {
        let sent = 0;
        for (;;) {
          const sending = socket.send(message);
          sent += message.length;
          const failed = await Promise.race([sending.then(undefined, (error: unknown) => error), turn()]);
          if (failed !== undefined) {
            outcome.resolve({ sent, error: failed });
            return;
          }
        }
      }),
    ]);
    const client = await dialRaw(fixture, "/ws");
    client.socket.pause();
    const before = process.memoryUsage().rss;
    const { sent, error } = await outcome.promise;
    expect(error).toMatchObject({ code: "SLOW_CONSUMER" });
    // The buffers of both kernels, and 1 MiB.
    expect(sent).toBeLessThan(32 * 1024 ** 2);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
    client.socket.resume();
    await client.closed;
    const last = client.received().subarray(-4 - Buffer.byteLength(slowReason));
    expect([last[0], last.readUInt16BE(2)]).toEqual([0x88, 1013]);
  });

  test("delays a route that waits for send(), and loses no message", async () => {
    const held = Promise.withResolvers<void>();
    const total = 64;
    const fixture = await start([
      socketRoute("/ws", async (socket) => {
        for (let count = 0; count < total; count += 1) {
          const sending = socket.send(Buffer.alloc(256 * 1024, count));
          if ((await Promise.race([sending.then(() => "sent"), turn(20)])) === undefined) held.resolve();
          await sending;
        }
      }),
    ]);
    const client = await dialRaw(fixture, "/ws");
    client.socket.pause();
    await held.promise;
    client.socket.resume();
    await client.closed;
    const all = frames(client.received());
    expect(all.map(({ opcode, payload }) => (opcode === 2 ? payload[0] : payload.readUInt16BE(0)))).toEqual([
      ...Array.from({ length: total }, (_, count) => count),
      1000,
    ]);
  });
});

/** Waits for turns of the event loop. */
async function turn(count = 1): Promise<undefined> {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve));
}

const slowReason = errorCodes.SLOW_CONSUMER.title;

describe("RFC 6455, 7.4 closing", () => {
  const closing = async (open: (socket: Socket) => Promise<void>, options = {}) => {
    const fixture = await start([socketRoute("/ws", open)], options);
    return { closed: await closeOf(await dial(fixture, "/ws")), log: fixture.log };
  };

  test("a route that returns closes with 1000", async () => {
    expect(await closing(async () => undefined)).toEqual({ closed: [1000, ""], log: [] });
  });

  test.each([
    ["UNAUTHENTICATED", 4401, "why", []],
    ["FORBIDDEN", 4403, "why", []],
    ["NOT_FOUND", 4404, "why", []],
    ["BODY_MALFORMED", 1007, "why", []],
    ["SLOW_CONSUMER", 1013, "why", []],
    ["SERVICE_ERROR", 1011, errorCodes.SERVICE_ERROR.title, [/^error: .* 500 .* route WS \/ws: why$/]],
    ["ACTION_UNAVAILABLE", 1013, errorCodes.ACTION_UNAVAILABLE.title, [/^warn: .* 503 .* WS \/ws: why$/]],
  ] as const)("a route that throws %s closes with %i", async (code, number, reason, log) => {
    const failing = async (): Promise<void> => {
      throw new TidegateError(code, "why");
    };
    expect(await closing(failing)).toEqual({
      closed: [number, reason],
      log: log.map((line) => expect.stringMatching(line)),
    });
  });

  test("an unexpected error closes with 1011 and a hidden message, and is logged", async () => {
    const failing = async (): Promise<void> => {
      throw new Error("secret");
    };
    expect(await closing(failing)).toEqual({
      closed: [1011, errorCodes.INTERNAL.title],
      log: [expect.stringContaining("500 INTERNAL")],
    });
    expect((await closing(failing, { exposeErrors: true })).closed).toEqual([1011, "secret"]);
  });

  test("a route sets code and reason; an invalid code becomes 1011, a long reason is cut", async () => {
    const by = (code: number, reason = "") =>
      closing(async (socket) => {
        socket.close(code, reason);
        socket.close(4000, "twice");
        expect(await socket.closed).toMatchObject({ code: isCloseCode(code) ? code : 1011 });
      });
    expect((await by(3000, "bye")).closed).toEqual([3000, "bye"]);
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN])
      expect([code, (await by(code)).closed[0]]).toEqual([code, 1011]);
    expect((await by(4000, `${"x".repeat(121)}€`)).closed).toEqual([4000, "x".repeat(121)]);
  });

  test("any reason is cut between two characters, and as late as possible", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (reason) => {
        const cut = truncateReason(reason);
        expect(reason.startsWith(cut)).toBe(true);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(123);
        const next = String.fromCodePoint(reason.codePointAt(cut.length) ?? 0);
        if (cut !== reason) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(123);
      }),
    );
    expect(truncateReason("\ud800")).toBe("\ufffd");
  });

  test("after a close, messages can neither be sent nor read", async () => {
    const seen: unknown[] = [];
    const fixture = await start([
      socketRoute("/ws", async (socket) => {
        for await (const message of socket.messages) {
          seen.push(message);
          socket.close(1000, "enough");
          void socket.send("ignored");
          seen.push(await socket.send("late").catch((error: unknown) => error));
          socket.ping();
        }
      }),
    ]);
    const client = await dial(fixture, "/ws");
    for (let count = 0; count < 10; count += 1) client.send(String(count));
    expect(await closeOf(client)).toEqual([1000, "enough"]);
    expect(seen).toEqual(["0", expect.objectContaining({ code: "CANCELLED" })]);
  });

  test("a client that does not answer a close is disconnected", async () => {
    const clock = manualClock();
    const began = Promise.withResolvers<void>();
    const fixture = await start(
      [
        socketRoute("/ws", async (socket) => {
          socket.close(1000, "");
          began.resolve();
        }),
      ],
      { clock },
    );
    const client = await dialRaw(fixture, "/ws");
    await began.promise;
    clock.advance(2_000);
    await client.closed;
    expect(frames(client.received())).toMatchObject([{ opcode: 8 }]);
  });
});

describe("websocket-05 ping", () => {
  test("a client that answers pings stays connected", async () => {
    const clock = manualClock();
    const fixture = await start([socketRoute("/ws", echo)], { clock, webSocket: { idleSeconds: 30 } });
    const client = await dial(fixture, "/ws");
    for (let count = 0; count < 5; count += 1) {
      const asked = once(client, "ping");
      clock.advance(30_000);
      await asked;
      // The server receives the pong before this message.
      client.send("still here");
      expect(await received(client, 1)).toEqual(["still here"]);
    }
  });

  test("a client that does not answer is disconnected within twice idleSeconds", async () => {
    const clock = manualClock();
    const ended = Promise.withResolvers<void>();
    const fixture = await start(
      [
        socketRoute("/ws", async (socket, scope) => {
          const gone = new Promise((resolve) => scope.signal.addEventListener("abort", resolve));
          for await (const _ of socket.messages);
          expect(await socket.closed).toMatchObject({ code: 1006 });
          await gone;
          ended.resolve();
        }),
      ],
      { clock, webSocket: { idleSeconds: 30 } },
    );
    const client = await dial(fixture, "/ws", { autoPong: false });
    const closed = closeOf(client);
    clock.advance(60_000);
    expect((await closed)[0]).toBe(1006);
    await ended.promise;
    expect(fixture.log).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

test("websocket-09 after 100 aborted connections, each route ends and its signal aborts", async () => {
  const over = recorder<string>("end of a route");
  const fixture = await start([
    socketRoute("/ws", async (socket, scope) => {
      scope.signal.addEventListener("abort", () => over.push("signal"));
      for await (const _ of socket.messages);
      over.push("messages");
    }),
  ]);
  const clients = await Promise.all(Array.from({ length: 100 }, () => dialRaw(fixture, "/ws")));
  for (const client of clients) client.socket.resetAndDestroy();
  await over.waitFor(() => over.items.length === 200);
  expect(over.items.filter((item) => item === "signal")).toHaveLength(100);
  expect(fixture.log).toEqual([]);
});

describe("S12.1 a stop", () => {
  test("closes sockets with 1001 and waits for their routes", async () => {
    const finish = Promise.withResolvers<void>();
    let finished = false;
    const fixture = await start([
      socketRoute("/ws", async (socket) => {
        for await (const _ of socket.messages);
        await finish.promise;
        finished = true;
      }),
    ]);
    const client = await dial(fixture, "/ws");
    const stopping = fixture.server.stop();
    expect(await closeOf(client)).toEqual([1001, "The gateway is shutting down. Reconnect."]);
    finish.resolve();
    await stopping;
    expect(finished).toBe(true);
  });

  test("does not wait for a silent client, nor for a route that never ends", async () => {
    const clock = manualClock();
    const never = new Promise<void>(() => undefined);
    const fixture = await start([socketRoute("/quiet", listen), socketRoute("/stuck", () => never)], {
      clock,
      drainSeconds: 30,
    });
    const quiet = await dialRaw(fixture, "/quiet");
    await dial(fixture, "/stuck");
    const stopping = fixture.server.stop();
    clock.advance(2_000);
    await quiet.closed;
    clock.advance(28_000);
    await stopping;
    expect(clock.pending).toBe(0);
  });

  test("answers 503 to an upgrade that is not decided yet", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const fixture = await start([
      socketRoute("/ws", echo, {
        accept: async () => {
          asked.resolve();
          await answer.promise;
          return { accept: true };
        },
      }),
    ]);
    const client = dial(fixture, "/ws").catch((error: unknown) => String(error));
    await asked.promise;
    const stopping = fixture.server.stop();
    answer.resolve();
    expect(await client).toContain("503");
    await stopping;
  });
});
