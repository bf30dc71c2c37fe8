import type { RunningSystem, TracedEvent } from "../event.ts";
import { serviceCount } from "./services.ts";
import { startSystem } from "./system.ts";

/** One changed fragment: from the broker's message until its version is served and no merge is left. */
export const change: TracedEvent = {
  name: "change",
  description: "one of 10 services adds a REST route and a GraphQL field: until the gateway serves them",
  warmUps: 50,
  start,
};

async function start(): Promise<RunningSystem> {
  const system = await startSystem(false);
  let number = 0;
  return {
    prepare: () => {
      number++;
      system.passTime();
    },
    run: async () => {
      const served = system.nextVersion();
      system.publishNext(number % serviceCount);
      await served;
    },
    stop: () => system.gateway.stop(),
  };
}
