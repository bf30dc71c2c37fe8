import type { RunningSystem, TracedEvent } from "../event.ts";
import { serviceCount } from "./services.ts";
import { startSystem } from "./system.ts";

/** One changed fragment with REST routes: from the broker's message until its version is served. */
export const change: TracedEvent = {
  name: "change",
  description: "one of 10 services adds a REST route: until the gateway serves it and has settled",
  warmUps: 50,
  start: () => start(false),
};

/** One changed fragment with REST routes, GraphQL types and a WebSocket route. */
export const changeFull: TracedEvent = {
  name: "change-full",
  description: "one of 10 services adds a REST route and a GraphQL field; it has a WebSocket route too",
  warmUps: 50,
  start: () => start(true),
};

async function start(isFull: boolean): Promise<RunningSystem> {
  const system = await startSystem({ reports: false, isFull });
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
