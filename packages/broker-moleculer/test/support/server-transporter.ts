import { randomUUID } from "node:crypto";
import { callScope, recorder, testBroker } from "@tidegate/plugin-testkit";
import type { BrokerOptions } from "moleculer";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { findProgram, type Server, startServer } from "./message-server.ts";
import { startProxy } from "./proxy.ts";
import { createSystem, gatewayId, testOptions } from "./system.ts";

/** A transporter that needs a server, for `testServerTransporter`. */
export interface ServerTransporter {
  readonly name: string;
  readonly program: string;
  /** Returns the arguments of the program. */
  readonly start: (port: number, folder: string) => readonly string[];
  /** Returns Moleculer's option for a server on a port. */
  readonly transporter: (port: number) => BrokerOptions["transporter"];
}

/**
 * Tests the contract of brokers with a transporter and its server. If the server is not installed, CI fails
 * and others skip.
 */
export function testServerTransporter({ name, program, start, transporter }: ServerTransporter): void {
  const title = `Moleculer on ${name} keeps the contract (S13.1)`;
  const path = findProgram(program);
  if (path === undefined) {
    test(title, (context) => {
      expect(process.env.CI, `${program} is not installed`).toBeFalsy();
      context.skip(`${program} is not installed`);
    });
    return;
  }
  const systemOn = (port: number, gatewayPort = port) => {
    const namespace = randomUUID();
    return createSystem((nodeID) => ({
      ...testOptions,
      nodeID,
      namespace,
      transporter: transporter(nodeID === gatewayId ? gatewayPort : port) ?? null,
      heartbeatInterval: 1,
      heartbeatTimeout: 3,
    }));
  };
  let server: Promise<Server> | undefined;
  afterAll(async () => (await server)?.stop());
  testBroker({
    name: title,
    timeout: 30_000,
    make: async () => {
      server ??= startServer(path, start);
      const { port } = await server;
      const connection = await startProxy(port);
      const { close, ...system } = systemOn(port, connection.port);
      return {
        ...system,
        connection,
        close: () => Promise.all([close(), connection.lose()]).then(() => undefined),
      };
    },
  });

  test(`an outage of ${name} is no loss of services, and calls work again after it (S9.3)`, async () => {
    const first = await startServer(path, start);
    onTestFinished(() => first.stop());
    const { broker, join, close } = systemOn(first.port);
    onTestFinished(() => close());
    onTestFinished(() => broker.stop());
    const lines = recorder<string>("line of the sink");
    await broker.start({
      serviceUp: ({ name: service }, { id }) => lines.push(`up ${service}@${id}`),
      serviceDown: (service, id, how) => lines.push(`down ${service}@${id} ${how}`),
      event: () => undefined,
      connectionChanged: (state) => lines.push(`connection ${state}`),
    });
    await join("n1", [{ name: "player", actions: { get: () => 1 } }]);
    await join("n2", [{ name: "team", actions: { get: () => 2 } }]);
    // The gateway discovers a node some time after its start.
    for (const line of ["up player@n1", "up team@n2"]) await lines.waitFor((one) => one === line);
    const call = (action: string) => broker.call(callScope(), { action, params: {}, timeout: 500 });
    expect(await call("player.get")).toBe(1);
    lines.clear();
    await first.stop();
    await lines.waitFor((line) => line === "connection lost");
    const lostAt = performance.now();
    expect(broker.health?.()).toMatchObject({
      state: "connecting",
      reason: expect.stringMatching(/not connected/),
    });
    await expect(call("player.get")).rejects.toMatchObject({
      code: "BROKER_UNAVAILABLE",
      details: { dispatched: false },
    });
    // Longer than a node can be silent.
    await expect.poll(() => performance.now(), { timeout: 10_000 }).toBeGreaterThan(lostAt + 4_500);
    const second = await startServer(path, start, first);
    onTestFinished(() => second.stop());
    await lines.waitFor((line) => line === "connection up", 20_000);
    for (const action of ["player.get", "team.get"])
      await expect.poll(() => call(action).catch(() => undefined), { timeout: 10_000 }).toBeGreaterThan(0);
    expect(broker.health?.()).toMatchObject({ state: "up" });
    expect(lines.items.slice(0, lines.items.indexOf("connection up") + 1)).toEqual([
      "connection lost",
      "connection up",
    ]);
  });
}
