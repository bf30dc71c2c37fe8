import { describe, expect, test } from "vitest";
import { gateway } from "./kit.ts";

const key = "WS /chat/:";

describe("S6.1 a route that subscribes", () => {
  const feed = { path: "/:room", subscribe: { events: ["chat.*"] } };

  test("sends events: a string as text, bytes as bytes, undefined as null, all else as JSON", async () => {
    const { bus, open } = await gateway([feed]);
    const socket = await open(key);
    for (const payload of [
      { a: 1 },
      "text",
      Buffer.from([1, 2]),
      new Uint16Array([1]),
      [],
      0,
      null,
      undefined,
    ])
      bus.node("n1").emit("chat.said", payload);
    bus.node("n1").emit("other.said", 1);
    bus.node("n1").emit("chat.said", "last");
    await socket.received.waitFor((message) => message === "last");
    expect(socket.received.items).toEqual([
      '{"a":1}',
      "text",
      new Uint8Array([1, 2]),
      new Uint8Array([1, 0]),
      "[]",
      "0",
      "null",
      "null",
      "last",
    ]);
  });

  test("names, filter and map get path and query of the upgrade", async () => {
    const { bus, publish, functions, open } = await gateway([]);
    type Seen = {
      path: { room: string };
      query: { by: string };
      event: string;
      params: { by: string; text: string };
    };
    const route = {
      path: "/:room",
      subscribe: {
        events: functions.text(({ path }: Seen) => [`chat.${path.room}`]),
        filter: functions.text(({ query, params }: Seen) => params.by === query.by),
        map: functions.text(({ event, params }: Seen) => `${event}: ${params.text}`),
      },
    };
    await publish([route], {}, 2);
    const socket = await open(key, { params: { room: "red" }, query: { by: "ann" } });
    bus.node("n1").emit("chat.blue", { by: "ann", text: "no" });
    bus.node("n1").emit("chat.red", { by: "bob", text: "no" });
    bus.node("n1").emit("chat.red", { by: "ann", text: "yes" });
    await socket.received.waitFor();
    expect(socket.received.items).toEqual(["chat.red: yes"]);
  });

  test("S6.3 policies are checked before the upgrade", async () => {
    const { open, bus } = await gateway([feed], {
      subscribe: [{ events: ["chat.*"], who: "ann", description: "ann alone" }],
    });
    await expect(open(key)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(open(key, { user: "bob" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(bus.patterns ?? []).toEqual([]);
    await open(key, { user: "ann" });
    expect(bus.patterns).toEqual(["chat.*"]);
  });

  test("a failing event becomes an error frame, or nothing with ignoreError", async () => {
    const { bus, publish, functions, open } = await gateway([]);
    const map = functions.text(({ params }: { params: { n: number } }) => {
      if (params.n === 1) throw new Error("secret");
      return params.n;
    });
    const routes = [
      { path: "/:room", subscribe: { events: ["chat.*"], map } },
      { path: "/quiet/:room", ignoreError: true, subscribe: { events: ["chat.*"], map } },
    ];
    await publish(routes, {}, 2);
    const loud = await open(key);
    const quiet = await open("WS /chat/quiet/:");
    for (const n of [0, 1, 2]) bus.node("n1").emit("chat.said", { n });
    await loud.received.waitFor((message) => message === "2");
    await quiet.received.waitFor((message) => message === "2");
    expect(quiet.received.items).toEqual(["0", "2"]);
    expect(loud.received.items[0]).toBe("0");
    expect(JSON.parse(String(loud.received.items[1]))).toEqual({
      error: {
        code: "FUNCTION_THREW",
        message: "An API function threw an error.",
        requestId: expect.stringMatching(/^[\da-f]{32}$/),
      },
    });
  });

  test("a value that JSON cannot express becomes an error frame and a report", async () => {
    const { bus, open } = await gateway([feed]);
    const socket = await open(key);
    bus.node("n1").emit("chat.said", { n: 1n });
    expect(JSON.parse(String(await socket.received.waitFor()))).toMatchObject({
      error: { code: "REPLY_INVALID" },
    });
    await bus
      .node("n1")
      .waitForReport(({ findings }) => findings.some(({ code }) => code === "MESSAGE_FAILED"));
  });

  test("rejects messages with an error frame", async () => {
    const { open } = await gateway([feed]);
    const socket = await open(key);
    socket.send("hello");
    expect(JSON.parse(String(await socket.received.waitFor()))).toEqual({
      error: {
        code: "BAD_REQUEST",
        message: "This WebSocket accepts no messages.",
        requestId: expect.stringMatching(/^[\da-f]{32}$/),
      },
    });
  });

  test("websocket-09 ends its subscription with the socket", async () => {
    const { bus, open } = await gateway([feed]);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(key)));
    expect(bus.patterns).toEqual(["chat.*"]);
    for (const socket of sockets) socket.leave();
    await Promise.all(sockets.map(({ served }) => served));
    await Promise.resolve();
    expect(bus.patterns).toEqual([]);
  });
});

describe("S6.1 a route that publishes", () => {
  const say = {
    path: "/:room",
    publish: { event: "chat.said", params: { room: "@path.room", by: "@query.by", what: "@message" } },
  };

  test("publishes messages in order: JSON where it parses, else text; bytes as bytes", async () => {
    const { bus, open } = await gateway([say]);
    const socket = await open(key, { params: { room: "red" }, query: { by: "ann" } });
    for (const message of ['{"a":[1]}', "plain {", '"quoted"', new Uint8Array([1, 2]), "12"])
      socket.send(message);
    socket.leave();
    await socket.served;
    expect(bus.published.map(({ event, params }) => [event, params])).toEqual(
      [{ a: [1] }, "plain {", "quoted", new Uint8Array([1, 2]), 12].map((what) => [
        "chat.said",
        { room: "red", by: "ann", what },
      ]),
    );
    expect(socket.received.items).toEqual([]);
  });

  test("params-02 params-06 hostile parts of a message are removed or rejected", async () => {
    const { bus, open } = await gateway([say]);
    const socket = await open(key);
    socket.send('{"__proto__":{"polluted":1},"a":{"constructor":1,"b":2}}');
    socket.send("[".repeat(1_000_000));
    const frame = JSON.parse(String(await socket.received.waitFor()));
    expect(frame).toMatchObject({
      error: { code: "BODY_MALFORMED", message: "The JSON is nested deeper than 64 levels." },
    });
    expect(JSON.stringify(bus.published.map(({ params }) => params))).toBe('[{"what":{"a":{"b":2}}}]');
  });

  test("S6.3 policies are checked for each message; other messages are published", async () => {
    const { bus, open } = await gateway([say], {
      publish: [{ events: ["chat.*"], who: "ann", description: "ann alone" }],
    });
    const anonymous = await open(key);
    anonymous.send("1");
    expect(JSON.parse(String(await anonymous.received.waitFor()))).toMatchObject({
      error: { code: "UNAUTHENTICATED" },
    });
    const bob = await open(key, { user: "bob" });
    bob.send("2");
    bob.send("3");
    bob.leave();
    await bob.served;
    const ann = await open(key, { user: "ann" });
    ann.send("4");
    ann.leave();
    await ann.served;
    expect(bus.published.map(({ params }) => params)).toEqual([{ what: 4 }]);
  });

  test("S3.2 a failing cast rejects the upgrade, or the message that it belongs to", async () => {
    const { bus, open } = await gateway([
      {
        path: "/:room",
        publish: { event: "chat.said", params: { room: "@path.room:number", n: "@message.n:number" } },
      },
    ]);
    await expect(open(key, { params: { room: "red" } })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      status: 400,
    });
    const socket = await open(key, { params: { room: "7" } });
    socket.send('{"n":"x"}');
    socket.send('{"n":"1"}');
    expect(JSON.parse(String(await socket.received.waitFor()))).toMatchObject({
      error: { code: "BAD_USER_INPUT" },
    });
    socket.leave();
    await socket.served;
    expect(bus.published.map(({ params }) => params)).toEqual([{ room: 7, n: 1 }]);
  });

  test("S6.4 a message is published by the newest version", async () => {
    const { bus, open, publish } = await gateway([say]);
    const socket = await open(key);
    await publish([{ path: "/:room", publish: { event: "chat.changed" } }], {}, 2);
    socket.send("1");
    socket.leave();
    await socket.served;
    expect(bus.published.map(({ event }) => event)).toEqual(["chat.changed"]);
  });

  test("ignoreError: no frame", async () => {
    const { open } = await gateway([{ ...say, ignoreError: true }], {
      publish: [{ events: ["**"], who: "ann" }],
    });
    const socket = await open(key);
    socket.send("1");
    socket.leave();
    await socket.served;
    expect(socket.received.items).toEqual([]);
  });
});

test("S6.1 a route with both connectors: other sockets get the messages of one", async () => {
  const { open } = await gateway([
    {
      path: "/:room",
      subscribe: { events: ["chat.said"] },
      publish: { event: "chat.said", params: "@message" },
    },
  ]);
  const [ann, bob] = [await open(key), await open(key)];
  ann.send("hello");
  expect(await bob.received.waitFor()).toBe("hello");
});
