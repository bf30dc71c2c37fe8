import { type Broker, type Clock, defineBroker, systemClock, TidegateError } from "@tidegate/core-registry";
import { eventNameProblem } from "@tidegate/core-registry/runtime";
import { createJob, type Job } from "./jobs.ts";
import type { Queue } from "./queue.ts";

export { gatewayGroup, Queue, type QueueOptions, type Worker } from "./queue.ts";
export type { QueueAction, QueueCall, QueueEvent, QueueService } from "./services.ts";

/** The timeout and the clock of calls; all options have defaults. */
export interface QueueBrokerOptions {
  /** The timeout of calls in milliseconds. Default 10,000. */
  readonly timeout?: number;
  /** Default: the system clock. Tests give a clock of their own. */
  readonly clock?: Clock;
}

/** Creates the broker `queue`: it connects a gateway to the services of a queue in the same process. */
export function queueBroker(
  queue: Queue,
  { timeout = 10_000, clock = systemClock }: QueueBrokerOptions = {},
): Broker {
  const running = new Set<Job>();
  let patterns: readonly string[] = [];
  let disconnect: (() => void) | undefined;
  let since = clock.now();
  return defineBroker({
    name: "queue",
    start: async (sink) => {
      disconnect = queue.connect({ sink, patterns: () => patterns });
      since = clock.now();
    },
    stop: async () => {
      if (disconnect !== undefined) since = clock.now();
      disconnect?.();
      disconnect = undefined;
      await Promise.allSettled([...running].map(({ answer }) => answer));
    },
    call: async (scope, request) => {
      if (disconnect === undefined)
        throw new TidegateError("BROKER_UNAVAILABLE", "The broker is not started.", { dispatched: false });
      const job = createJob(scope, request, timeout, clock);
      running.add(job);
      queue.push(job);
      return job.answer.finally(() => running.delete(job));
    },
    publish: async (_scope, request) => {
      const problem = eventNameProblem(request.event);
      if (problem !== undefined) throw new TidegateError("EVENT_NAME_INVALID", problem);
      queue.publish(request);
    },
    events: (wanted) => {
      patterns = wanted;
    },
    health: () =>
      disconnect === undefined
        ? { state: "connecting", since, reason: "The broker is not started." }
        : { state: "up", since },
  });
}
