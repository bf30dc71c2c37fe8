import { randomUUID } from "node:crypto";
import { callScope, recorder, testBroker } from "@tidegate/plugin-testkit";
import type { BrokerOptions } from "moleculer";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { findProgram, type Server, startServer } from "./message-server.ts";
import { createSystem, testOptions } from "./system.ts";

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
  const systemOn = (port: number) => {
    const namespace = randomUUID();
    return createSystem((nodeID) => ({
      ...testOptions,
      nodeID,
      namespace,
      transporter: transporter(port) ?? null,
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
      return systemOn((await server).port);
    },
  });

  test(`after an outage of ${name}, health has reported it and calls work again`, async () => {
    const first = await startServer(path, start);
    onTestFinished(() => first.stop());
    const { broker, join, close } = systemOn(first.port);
    const found = recorder<string>("service");
    await broker.start({
      serviceUp: ({ name: service }) => found.push(service),
      serviceDown: () => undefined,
      event: () => undefined,
    });
    await join("n1", [{ name: "player", actions: { get: () => 1 } }]);
    // The gateway discovers the node some time after its start.
    await found.waitFor((service) => service === "player");
    const call = () => broker.call(callScope(), { action: "player.get", params: {}, timeout: 500 });
    expect(await call()).toBe(1);
    await first.stop();
    await expect.poll(() => broker.health?.().state, { timeout: 10_000 }).toBe("connecting");
    const second = await startServer(path, start, first);
    onTestFinished(() => second.stop());
    await expect.poll(() => broker.health?.().state, { timeout: 10_000 }).toBe("up");
    await expect.poll(() => call().catch(() => undefined), { timeout: 10_000 }).toBe(1);
    await broker.stop();
    await close();
    await second.stop();
  });
}
