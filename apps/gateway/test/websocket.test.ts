import { once } from "node:events";
import { silentLogger } from "@tidegate/core-registry";
import { memoryBroker } from "@tidegate/plugin-testkit";
import { filter } from "@tidegate/policy-filter";
import { scope } from "@tidegate/policy-scope";
import { rest } from "@tidegate/protocol-rest";
import { webSocket } from "@tidegate/protocol-ws";
import { h3Server, type WebSocketOptions } from "@tidegate/server-h3";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createDefaultGateway } from "../src/default-gateway.ts";

interface Part {
  readonly routes: readonly object[];
  readonly policy?: object;
  readonly rest?: readonly object[];
}

const feed = { path: "/:room", subscribe: { events: "({ path }) => 'chat.' + path.room + '.message'" } };
const say = {
  path: "/:room",
  publish: {
    event: "({ path }) => 'chat.' + path.room + '.message'",
    params: { text: "@message.text", by: "@context.auth.identity" },
  },
};

/** A token consists of a name and scopes: `ann.read+write`. */
const auth = {
  Bearer: ({ credentials }: { readonly credentials: string }) => {
    const [identity, scopes = ""] = credentials.split(".");
    return { identity, scope: scopes.split("+") };
  },
};

async function startGateway(part: Part, options: WebSocketOptions = {}) {
  const bus = memoryBroker();
  const gateway = createDefaultGateway({
    brokers: [bus.broker],
    protocols: [rest(), webSocket()],
    policies: [scope(), filter()],
    server: h3Server({ port: 0, auth, webSocket: { retireSeconds: 0, ...options } }),
    logger: silentLogger,
  });
  onTestFinished(() => gateway.stop());
  const publish = async ({ routes, policy = {}, rest: http = [] }: Part, revision: number): Promise<void> => {
    const protocol = { WebSocket: { basePath: "/chat", routes }, REST: { basePath: "/", routes: http } };
    bus.node("n1").publish({ name: "chat", revision, fragment: { policy, protocol } });
    await gateway.registry.settled();
  };
  await publish(part, 0);
  const [listening] = await gateway.start();
  const url = listening?.url ?? "";
  return { bus, gateway, publish, url, dial: (path: string, token?: string) => dial(url, path, token) };
}

/** A client that records all messages it receives. */
interface Client {
  readonly socket: WebSocket;
  next(): Promise<string>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

async function dial(url: string, path: string, token?: string): Promise<Client> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers });
  onTestFinished(() => socket.terminate());
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  const closed = Promise.withResolvers<number>();
  socket.on("close", closed.resolve);
  await once(socket, "open");
  const next = async (): Promise<string> => {
    while (messages.length === 0) await once(socket, "message");
    return messages.shift() ?? "";
  };
  return { socket, next, closed: closed.promise };
}

describe("S6.1: a chat", () => {
  test("all clients of a room receive the messages in order", async () => {
    const { dial: enter, bus } = await startGateway({ routes: [{ ...feed, ...say }] });
    const [ann, bob, eve] = [
      await enter("/chat/red", "ann"),
      await enter("/chat/red", "bob"),
      await enter("/chat/blue", "eve"),
    ];
    for (let count = 0; count < 50; count += 1) ann.socket.send(JSON.stringify({ text: `message ${count}` }));
    for (let count = 0; count < 50; count += 1)
      expect(JSON.parse(await bob.next())).toEqual({ text: `message ${count}`, by: "ann" });
    bus.node("n1").emit("chat.blue.message", "for blue");
    expect(await eve.next()).toBe("for blue");
  });

  test("works on a branch and on a version", async () => {
    const { dial: enter, bus, gateway } = await startGateway({ routes: [feed] });
    const name = gateway.registry.find("master", undefined).version?.name;
    const client = await enter(`/~master@${name}/chat/red`);
    bus.node("n1").emit("chat.red.message", 1);
    expect(await client.next()).toBe("1");
  });
});

describe("S6.3: refused before the upgrade", () => {
  const policy = { subscribe: [{ description: "Readers", events: ["chat.**"], scope: ["read"] }] };

  test.each([
    ["without a token", "/chat/red", undefined, 401, "UNAUTHENTICATED"],
    ["without the scope", "/chat/red", "ann.write", 403, "FORBIDDEN"],
    ["an unknown path", "/talk/red", "ann.read", 404, "NOT_FOUND"],
    ["an invalid event name", "/chat/*", "ann.read", 400, "EVENT_NAME_INVALID"],
  ])("%s", async (_what, path, token, status, code) => {
    const { url } = await startGateway({ routes: [feed], policy });
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const client = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers });
    client.on("error", () => undefined);
    const [, response] = await once(client, "unexpected-response");
    let body = "";
    for await (const chunk of response) body += String(chunk);
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      status,
      "application/problem+json",
    ]);
    expect(JSON.parse(body)).toMatchObject({ code, status });
  });

  test("S6.3: allowed clients are connected; publish policies are evaluated for each message", async () => {
    const both = {
      ...policy,
      publish: [{ events: ["chat.**"], filter: "({ params }) => params.text !== 'no'" }],
    };
    const { dial: enter } = await startGateway({ routes: [{ ...feed, ...say }], policy: both });
    const ann = await enter("/chat/red", "ann.read");
    ann.socket.send('{"text":"no"}');
    expect(JSON.parse(await ann.next())).toMatchObject({ error: { code: "FORBIDDEN" } });
    ann.socket.send('{"text":"yes"}');
    expect(JSON.parse(await ann.next())).toEqual({ text: "yes", by: "ann" });
  });
});

describe("S6.4: swaps", () => {
  test("100 swaps keep sockets whose route did not change, and lose no event", async () => {
    const policy = { subscribe: [{ events: ["chat.**"], scope: ["read"] }] };
    const { dial: enter, bus, publish, gateway } = await startGateway({ routes: [feed], policy });
    const client = await enter("/chat/red", "ann.read");
    const names = new Set<string>();
    for (let count = 1; count <= 100; count += 1) {
      // Changes in the same fragment: an HTTP route, another WebSocket route, the rule's position and
      // description.
      await publish(
        {
          routes: [{ path: `/other/${count}`, subscribe: { events: ["a.b"] } }, feed],
          policy: {
            publish: [{ events: [`other.${count}`], scope: ["x"] }],
            subscribe: [{ description: `Change ${count}`, events: ["chat.**"], scope: ["read"] }],
          },
          rest: [{ method: "GET", path: `/in/${count}`, map: "() => 1" }],
        },
        count,
      );
      names.add(gateway.registry.find("master", undefined).version?.name ?? "");
      bus.node("n1").emit("chat.red.message", count);
      expect(await client.next()).toBe(String(count));
    }
    expect(names.size).toBe(100);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test.each([
    ["its route changed", { routes: [{ ...feed, subscribe: { events: ["chat.**"] } }] }],
    ["its route went", { routes: [{ ...feed, path: "/other/:room" }] }],
    ["a rule came", { routes: [feed], policy: { subscribe: [{ events: ["chat.red.*"], scope: ["read"] }] } }],
  ])("closes with 1012 if %s, and ends the subscription", async (_what, next) => {
    const { dial: enter, bus, publish } = await startGateway({ routes: [feed] });
    const client = await enter("/chat/red");
    expect(bus.patterns).toEqual(["chat.red.message"]);
    await publish(next, 1);
    expect(await client.closed).toBe(1012);
    expect(bus.patterns).toEqual([]);
  });

  test("closes with 1012 if the service is removed", async () => {
    const { dial: enter, bus, gateway } = await startGateway({ routes: [feed] });
    const client = await enter("/chat/red");
    bus.node("n1").publish({ name: "chat", revision: 1 });
    await gateway.registry.settled();
    expect(await client.closed).toBe(1012);
  });

  test("a connection to a version stays open and receives its events", async () => {
    const { dial: enter, bus, publish, gateway } = await startGateway({ routes: [feed] });
    const name = gateway.registry.find("master", undefined).version?.name;
    const client = await enter(`/~master@${name}/chat/red`);
    await publish({ routes: [] }, 1);
    bus.node("n1").emit("chat.red.message", "still");
    expect(await client.next()).toBe("still");
  });
});

describe("websocket-04, websocket-09: resources of sockets", () => {
  test("a stalled reader is closed before memory grows; the others receive everything", async () => {
    const all = { path: "/all", subscribe: { events: ["chat.**"] } };
    const { dial: enter, bus } = await startGateway({ routes: [feed, all] });
    const slow = await enter("/chat/all");
    const quick = await enter("/chat/red");
    slow.socket.pause();
    const payload = "x".repeat(64 * 1024);
    let sent = 0;
    // The pattern is subscribed to as long as the socket is open.
    while (bus.patterns?.includes("chat.**")) {
      bus.node("n1").emit("chat.red.message", payload);
      expect(await quick.next()).toBe(payload);
      sent += payload.length;
      // The kernel's socket buffers on both sides, and 1 MiB.
      expect(sent).toBeLessThan(32 * 1024 ** 2);
    }
    expect(bus.patterns).toEqual(["chat.red.message"]);
    slow.socket.resume();
    expect(await slow.closed).toBe(1013);
  });

  test("100 abruptly closed connections leave no subscription", async () => {
    const { dial: enter, bus } = await startGateway({ routes: [feed] });
    const rooms = Array.from({ length: 100 }, (_, count) => `/chat/room${count}`);
    const clients = await Promise.all(rooms.map((room) => enter(room)));
    expect(bus.patterns).toHaveLength(100);
    for (const { socket } of clients) socket.terminate();
    // Each response takes another iteration of the server's event loop.
    const probe = await enter("/chat/last");
    while ((bus.patterns?.length ?? 0) > 1) {
      bus.node("n1").emit("chat.last.message", "?");
      await probe.next();
    }
    expect(bus.patterns).toEqual(["chat.last.message"]);
  });

  test("S12.1: a stop closes sockets with 1001 and leaves no subscription", async () => {
    const { dial: enter, bus, gateway } = await startGateway({ routes: [feed] });
    const clients = await Promise.all([enter("/chat/red"), enter("/chat/red")]);
    await gateway.stop();
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001]);
    expect(bus.patterns).toEqual([]);
  });
});
