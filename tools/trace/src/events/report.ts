import type { RunningSystem, TracedEvent } from "../event.ts";
import { serviceCount } from "./services.ts";
import { startSystem } from "./system.ts";

/** Two changed fragments, one of them with an error: until the reports on both have reached their node. */
export const report: TracedEvent = {
  name: "report",
  description: "two changed fragments, one of them with an error: until both reports reach the node",
  warmUps: 50,
  start,
};

async function start(): Promise<RunningSystem> {
  const system = await startSystem({ reports: true, isFull: true });
  let changed = 0;
  let faulty = 1;
  return {
    prepare: async () => {
      await system.repair(faulty);
      changed = faulty;
      faulty = (faulty + 1) % serviceCount;
      system.passTime();
    },
    run: async () => {
      const reports = Promise.all([system.nextReport(changed), system.nextReport(faulty)]);
      system.publishNext(changed);
      system.publishFaulty(faulty);
      const [success, failure] = await reports;
      const errors = failure.findings.filter(({ severity }) => severity === "error").length;
      if (success.state !== "succeeded" || failure.state !== "failed" || errors !== 1)
        throw new Error(`Unexpected reports: ${success.state}, ${failure.state} with ${errors} errors`);
    },
    stop: () => system.gateway.stop(),
  };
}
