import { registerChecks } from "../suite/register.ts";
import { callChecks, nodeChecks } from "./calls.ts";
import { connectionChecks } from "./connection.ts";
import { discoveryChecks } from "./discovery.ts";
import type { BrokerCheck, BrokerSuite } from "./driver.ts";
import { publishChecks, subscriptionChecks } from "./events.ts";
import { limitChecks } from "./limits.ts";
import { memberChecks } from "./members.ts";
import { peerChecks } from "./peers.ts";
import { reportChecks } from "./reports.ts";
import { stopChecks } from "./stop.ts";

/** All checks of the contract of brokers (S13), as data for `runChecks`. */
export const brokerChecks: readonly BrokerCheck[] = [
  ...memberChecks,
  ...discoveryChecks,
  ...callChecks,
  ...limitChecks,
  ...nodeChecks,
  ...publishChecks,
  ...subscriptionChecks,
  ...reportChecks,
  ...stopChecks,
  ...peerChecks,
  ...connectionChecks,
];

/**
 * Registers the contract of brokers (S13) as a vitest suite. The tests of a capability that the broker lacks
 * are skipped with the reason. The tests run concurrently, each on a system of its own.
 */
export function testBroker(suite: BrokerSuite): void {
  const { name, timeout } = suite;
  registerChecks(name, brokerChecks, suite, timeout === undefined ? {} : { timeout });
}
