import { EventEmitter } from "node:events";
import { ServiceBroker } from "moleculer";
import { expect, test } from "vitest";
import { transporterOutages } from "../src/patches/transporter-outages.ts";

/** A Redis client with the members that the patch uses. */
class Client extends EventEmitter {
  readonly options = {};
  readonly status = "ready";
  readonly closed: boolean[] = [];
  publish = async (): Promise<number> => 1;
  subscribe = async (): Promise<number> => 1;
  ping = async (): Promise<string> => "PONG";
  disconnect(reconnect: boolean): void {
    this.closed.push(reconnect);
    this.emit("close");
  }
}

test("S13.1: a Redis publisher that is created after an outage replaces the previous one", () => {
  const broker = new ServiceBroker({ logger: false, transporter: null });
  const tx: { getRedisClient: () => Client; _clientPub?: Client } = { getRedisClient: () => new Client() };
  Object.assign(broker, { transit: { tx } });
  const hooks: { created?(broker: ServiceBroker): void } = Object(transporterOutages()(broker));
  hooks.created?.(broker);
  const subscriber = tx.getRedisClient();
  const first = tx.getRedisClient();
  tx._clientPub = first;
  let closeEvents = 0;
  first.on("close", () => closeEvents++);
  const second = tx.getRedisClient();
  expect(first.closed).toEqual([false]);
  expect(closeEvents).toBe(0);
  expect([subscriber.closed, second.closed]).toEqual([[], []]);
});
