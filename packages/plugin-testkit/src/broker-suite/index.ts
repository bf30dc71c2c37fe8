import { describe } from "vitest";
import { callSuite } from "./calls.ts";
import { discoverySuite } from "./discovery.ts";
import type { BrokerSuite } from "./driver.ts";
import { eventSuite } from "./events.ts";
import { peerSuite } from "./peers.ts";
import { reportSuite } from "./reports.ts";

/**
 * The contract of brokers (S13) as tests: registers a suite with vitest that every broker passes, with all
 * capabilities but `health` and `peers`; where `peers` or `BrokerSystem.anotherGateway` is not there, its tests are
 * skipped and say so. The tests run side by side, each on a system of its own. Needs vitest.
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
