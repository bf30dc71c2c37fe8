import { type Broker, isTidegateError } from "@tidegate/core-registry";
import { callScope } from "@tidegate/plugin-testkit";

/** One call of a stream of calls, with times in milliseconds as `performance.now` returns them. */
export interface TimedCall {
  readonly action: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The node that answered, or undefined. */
  readonly node: string | undefined;
  /** The code of the error and whether the call was dispatched: `ACTION_UNAVAILABLE dispatched`. */
  readonly error: string | undefined;
}

/** Calls that go on until they are stopped. */
export interface CallStream {
  /** The calls that have ended, in the order in which they ended. */
  readonly calls: readonly TimedCall[];
  /** Stops, and resolves with all calls when the last one has ended. */
  stop(): Promise<readonly TimedCall[]>;
}

/** Calls each action every `ms` milliseconds. */
export function callEvery(broker: Broker, ms: number, actions: readonly string[]): CallStream {
  const calls: TimedCall[] = [];
  const running = new Set<Promise<void>>();
  const call = async (action: string): Promise<void> => {
    const startedAt = performance.now();
    const [node, error] = await broker.call(callScope(), { action, params: {} }).then(
      (answer) => [String(answer), undefined],
      (thrown: unknown) => [undefined, describeError(thrown)],
    );
    calls.push({ action, startedAt, endedAt: performance.now(), node, error });
  };
  const timer = setInterval(() => {
    for (const action of actions) {
      const pending = call(action).finally(() => running.delete(pending));
      running.add(pending);
    }
  }, ms);
  return {
    calls,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
      return calls;
    },
  };
}

function describeError(error: unknown): string {
  if (!isTidegateError(error)) return String(error);
  return `${error.code} ${error.details.dispatched === true ? "dispatched" : "not dispatched"}`;
}
