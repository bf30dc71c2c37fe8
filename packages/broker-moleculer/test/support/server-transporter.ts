import { randomUUID } from "node:crypto";
import { callScope, recorder, testBroker } from "@tidegate/plugin-testkit";
import type { BrokerOptions } from "moleculer";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { programOf, type Server, startServer } from "./message-server.ts";
import { quiet, systemOf } from "./system.ts";

/** A transporter that needs a server. */
export interface ServedTransporter {
  /** Its name in titles. */
  readonly name: string;
  /** The server's program. */
  readonly program: string;
  /** How the program is started. */
  readonly start: (port: number, folder: string) => readonly string[];
  /** Moleculer's option. */
  readonly transporter: (port: number) => BrokerOptions["transporter"];
}

/** The contract of brokers over a transporter whose server is started here. Where it is not installed, CI fails and others are told. */
export function testServedTransporter({ name, program, start, transporter }: ServedTransporter): void {
  const title = `Moleculer on ${name} keeps the contract (S13.1)`;
  const path = programOf(program);
  if (path === undefined) {
    test(title, (context) => {
      expect(process.env.CI, `${program} is not installed`).toBeFalsy();
      context.skip(`${program} is not installed`);
    });
    return;
  }
  const systemOn = (port: number) => {
    const namespace = randomUUID();
    return systemOf((nodeID) => ({
      ...quiet,
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
    make: async () => {
      server ??= startServer(path, start);
      return systemOn((await server).port);
    },
  });

  test(`a ${name} server that goes away and comes back: health tells, and calls work again`, async () => {
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
    // A node that has started is not yet a node that was found.
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
