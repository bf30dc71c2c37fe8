import { once } from "node:events";
import { connect } from "node:net";
import type { BrokerSink } from "@tidegate/core-registry";
import { callScope, recorder } from "@tidegate/plugin-testkit";
import { ServiceBroker } from "moleculer";
import { describe, expect, test } from "vitest";
import { createSystem, freePorts, gatewayId, tcpOptions, testOptions } from "./support/system.ts";

const player = { name: "player", actions: { get: () => "a player" } };

function createSink(): { readonly sink: BrokerSink; readonly log: ReturnType<typeof recorder<string>> } {
  const log = recorder<string>("call of the sink");
  const sink: BrokerSink = {
    serviceUp: ({ name }, { id }) => log.push(`up ${name}@${id}`),
    serviceDown: (name, id, how) => log.push(`down ${name}@${id} ${how}`),
    event: ({ event }) => log.push(`event ${event}`),
  };
  return { sink, log };
}

/**
 * A gateway and a node with a service in this process, and a function that receives packets as from other
 * nodes.
 */
async function startGateway(namespace: string) {
  const system = createSystem((nodeID) => ({ ...testOptions, nodeID, namespace, transporter: "Fake" }));
  const { sink, log } = createSink();
  await system.broker.start(sink);
  await system.join("n1", [player]);
  const receive = (command: string, packet: unknown): void => {
    const text = typeof packet === "string" ? packet : JSON.stringify({ ver: "5", ...(packet as object) });
    void system.gateway().transit?.tx.receive(command, Buffer.from(text));
  };
  const callPlayer = () => system.broker.call(callScope(), { action: "player.get", params: {} });
  return {
    ...system,
    log,
    receive,
    callPlayer,
    [Symbol.asyncDispose]: async () => {
      await system.broker.stop();
      await system.close();
    },
  };
}

const service = (name: unknown, rest: object = {}) => ({
  name,
  fullName: name,
  settings: {},
  metadata: {},
  ...rest,
});

describe("a gateway survives faulty nodes (hostile-07, hostile-08)", () => {
  test("with its own node id: it keeps running, and its health reports the conflict", async () => {
    await using gateway = await startGateway("conflict");
    await using twin = Object.assign(
      new ServiceBroker({ ...testOptions, nodeID: gatewayId, namespace: "conflict", transporter: "Fake" }),
      {
        fatal: () => undefined,
        [Symbol.asyncDispose]: () => twin.stop(),
      },
    );
    await twin.start();
    expect(gateway.broker.health?.()).toMatchObject({
      state: "up",
      reason: expect.stringContaining(gatewayId),
    });
    expect(await gateway.callPlayer()).toBe("a player");
  });

  test("that send INFO packets with invalid content", async () => {
    await using gateway = await startGateway("packets");
    const info = (services: unknown, rest: object = {}) => ({
      sender: `bad-${crypto.randomUUID()}`,
      instanceID: "x",
      seq: 1,
      services,
      ...rest,
    });
    const packets: unknown[] = [
      "{not json",
      "",
      "null",
      "[]",
      { ver: "1", sender: "old" },
      { sender: null, services: [] },
      info("x"),
      info(null),
      info([null, 7, "x", [], {}]),
      info([service(7), service(""), service(null), service("__proto__"), service("a".repeat(1_000))]),
      info([service("s1", { actions: null, events: 7, metadata: "x" })]),
      info([service("s2", { actions: [null, { name: 7 }], events: { x: null } })]),
      info([
        service("s3", { actions: { __proto__x: { name: "__proto__" }, y: { name: "s3.y", params: "x" } } }),
      ]),
      info([service("s4", { version: {}, fullName: undefined })], { ipList: "x", hostname: 7, seq: "x" }),
      info([service("last", { metadata: { api: { branch: 7 }, revision: "x" } })], { sender: "good" }),
    ];
    for (const packet of packets) gateway.receive("INFO", packet);
    for (const command of [
      "EVENT",
      "REQ",
      "RES",
      "DISCOVER",
      "DISCONNECT",
      "HEARTBEAT",
      "PING",
      "PONG",
      "NONE",
    ])
      for (const packet of [
        "{",
        "null",
        {},
        { sender: "n1" },
        { sender: "n1", event: 7, groups: 7, id: null },
      ])
        gateway.receive(command, packet);
    await gateway.log.waitFor((line) => line === "up last@good");
    expect(Object.keys({})).toEqual([]);
    expect(await gateway.callPlayer()).toBe("a player");
  });

  test("with 3,000 services, and reads a node again only if its INFO packet is new", async () => {
    await using gateway = await startGateway("many");
    const services = Array.from({ length: 3_000 }, (_, index) =>
      service(`s${index}`, { metadata: { api: { protocol: {} }, revision: 1 }, actions: {}, events: {} }),
    );
    gateway.receive("INFO", { sender: "big", instanceID: "1", seq: 1, services });
    await gateway.log.waitFor((line) => line === "up s2999@big");
    gateway.log.clear();
    gateway.receive("INFO", {
      sender: "big",
      instanceID: "1",
      seq: 2,
      services: services.with(7, service("s7", { metadata: { revision: 2 } })),
    });
    await gateway.log.waitFor((line) => line === "up s7@big");
    expect(gateway.log.items).toEqual(["up s7@big"]);
    gateway.receive("DISCONNECT", { sender: "big" });
    expect(gateway.log.items).toHaveLength(3_001);
    expect(await gateway.callPlayer()).toBe("a player");
  });

  test("that write garbage to its TCP port", async () => {
    const [gatewayPort = 0, nodePort = 0] = await freePorts(2);
    const ports = new Map([
      [gatewayId, gatewayPort],
      ["n1", nodePort],
    ]);
    const system = createSystem((nodeID) => tcpOptions(nodeID, ports));
    const { sink } = createSink();
    await system.broker.start(sink);
    await system.join("n1", [player]);
    const frame = (type: number, text: string): Buffer => {
      const body = Buffer.from(text);
      const header = Buffer.alloc(6);
      header.writeInt32BE(body.length + 6, 1);
      header.writeInt8(type, 5);
      header[0] = [1, 2, 3, 4, 5].reduce((crc, index) => crc ^ (header[index] ?? 0), 0);
      return Buffer.concat([header, body]);
    };
    const bad = {
      sender: "evil",
      ver: "5",
      online: { evil: [{ services: "x" }, 1, 1], worse: 7, n9: [null] },
    };
    const garbage = [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.alloc(100, 255),
      frame(99, "{}"),
      frame(7, "{"),
      frame(7, JSON.stringify(bad)),
      frame(6, JSON.stringify({ sender: "nobody", ver: "5" })),
      frame(8, JSON.stringify({ sender: "evil", ver: "5", host: 7, port: "x" })),
    ];
    for (const bytes of garbage) {
      const socket = connect(gatewayPort, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.end(bytes);
      socket.resume();
      await once(socket, "close");
    }
    expect(await system.broker.call(callScope(), { action: "player.get", params: {} })).toBe("a player");
    await system.broker.stop();
    await system.close();
  });
});
