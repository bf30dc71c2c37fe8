import { describe } from "vitest";
import { callSuite } from "./calls.ts";
import { discoverySuite } from "./discovery.ts";
import type { BrokerSuite } from "./driver.ts";
import { eventSuite } from "./events.ts";
import { peerSuite } from "./peers.ts";
import { reportSuite } from "./reports.ts";

/**
 * Registers the contract of brokers (S13) as a vitest suite. The broker needs all capabilities except
 * `health` and `peers`. Without `peers` or `BrokerSystem.anotherGateway` the tests of peers are skipped. The
 * tests run concurrently, each on a system of its own.
 */
export function testBroker(suite: BrokerSuite): void {
  describe(suite.name, { concurrent: true }, () => {
    discoverySuite(suite);
    callSuite(suite);
    eventSuite(suite);
    reportSuite(suite);
    peerSuite(suite);
  });
}
