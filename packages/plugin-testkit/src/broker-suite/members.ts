import { checkPlugin } from "@tidegate/core-registry";
import { formatSeen } from "../suite/compare.ts";
import { type BrokerCheck, needsMember, observe, started } from "./driver.ts";

/** Checks the members of a broker: its contract, its name and its health (S13). */
export const memberChecks: readonly BrokerCheck[] = [
  {
    title: "the broker has the members of the contract, and no others",
    run: async (suite, check) => {
      const { broker } = await observe(suite, check);
      check.clause("A plugin has the contract's number, all required members, and no unknown members.");
      check.ok(
        pluginProblem(broker) === undefined,
        "checkPlugin() accepts the broker",
        pluginProblem(broker),
      );
    },
  },
  {
    title: "health reports that the broker is up",
    needs: needsMember("health"),
    run: async (suite, check) => {
      const { broker } = await started(suite, check);
      const health = broker.health?.();
      check.clause("The state of a broker's connection: `up`, `connecting` or `failed`.");
      check.matches(health, { state: "up" }, "health() after start()");
      check.clause("When the state began: milliseconds since the epoch.");
      const since = health?.since ?? 0;
      check.ok(since > earliest && since < Date.now() + 60_000, "since is a time in milliseconds", since);
    },
  },
];

/** The year 2001 in milliseconds. A time in seconds lies before it. */
const earliest = 1e12;

function pluginProblem(broker: unknown): string | undefined {
  try {
    checkPlugin("broker", broker);
    return undefined;
  } catch (error) {
    return formatSeen(error);
  }
}
