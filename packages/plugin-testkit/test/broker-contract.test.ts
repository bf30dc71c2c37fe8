import { expect, test } from "vitest";
import { brokerChecks, runChecks, testBroker } from "../src/index.ts";
import { memorySystem } from "./memory-system.ts";

testBroker({ name: "the broker in memory fulfils the contract", make: () => memorySystem() });

test("a broker without optional members passes, with the reasons of its skipped checks (S17)", async () => {
  const make = () => {
    const system = memorySystem({ publish: false, events: false, report: false, peers: false });
    const { health: _, ...broker } = system.broker;
    return { ...system, broker };
  };
  const results = await runChecks(brokerChecks, { name: "few", make });
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  const reasons = results.flatMap((result) => (result.state === "skipped" ? [result.reason] : []));
  expect(new Set(reasons)).toEqual(
    new Set(["publish", "events", "report", "peers", "health"].map((name) => `the broker has no ${name}`)),
  );
  expect(results.filter(({ state }) => state === "passed").length).toBeGreaterThan(20);
});

test("a system without a second gateway, a group or a connection skips their checks (S17)", async () => {
  const make = () => {
    const { anotherGateway: _, gatewayGroup: __, connection: ___, ...system } = memorySystem();
    return system;
  };
  const results = await runChecks(brokerChecks, { name: "alone", make });
  expect(results.filter(({ state }) => state === "failed")).toEqual([]);
  expect(new Set(results.flatMap((result) => (result.state === "skipped" ? [result.reason] : [])))).toEqual(
    new Set([
      "the system cannot create a second gateway",
      "the system names no group of the gateways",
      "the broker has no connection of its own",
    ]),
  );
});
