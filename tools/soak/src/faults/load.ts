import { type Broker, type CallScope, type Context, isTidegateError } from "@tidegate/core-registry";
import { createCorrelation } from "@tidegate/core-registry/runtime";

/** The timeout of each call in milliseconds. */
export const callTimeout = 5_000;

/** Milliseconds after which an unfinished call counts as hanging. */
const hangMs = 10_000;

/** Milliseconds between two calls: 200 per second. */
const intervalMs = 5;

/** The number of calls by result. */
export interface CallCounts {
  readonly ok: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly hanging: number;
  /** The duration of the longest finished call in milliseconds. */
  readonly longest: number;
}

/** Calls that continue during a fault. */
export interface Load {
  /**
   * Resolves when every node has answered and no call has failed for a second. Resolves with undefined after
   * the timeout.
   */
  waitUntilHealthy(nodes: readonly string[], timeoutMs: number): Promise<number | undefined>;
  /** Stops the calls and waits for the running ones. */
  end(): Promise<CallCounts>;
}

/** Calls `work.do` 200 times per second. */
export function makeLoad(broker: Broker): Load {
  const failed: Record<string, number> = {};
  const running = new Map<number, Promise<void>>();
  let ok = 0;
  let calls = 0;
  let longest = 0;
  let failedAt = 0;
  let answered = new Set<string>();

  const call = async (number: number): Promise<void> => {
    const begin = performance.now();
    try {
      const node = await broker.call(emptyScope(), {
        action: "work.do",
        params: { call: number },
        timeout: callTimeout,
      });
      ok++;
      answered.add(String(node));
    } catch (error) {
      const code = isTidegateError(error) ? error.code : String(error);
      failed[code] = (failed[code] ?? 0) + 1;
      failedAt = performance.now();
    }
    longest = Math.max(longest, performance.now() - begin);
    running.delete(number);
  };
  const timer = setInterval(() => {
    const number = ++calls;
    running.set(number, call(number));
  }, intervalMs);

  return {
    waitUntilHealthy: async (nodes, timeoutMs) => {
      const begin = performance.now();
      answered = new Set();
      failedAt = begin;
      const isHealthy = (): boolean =>
        performance.now() - failedAt >= 1_000 && nodes.every((node) => answered.has(node));
      while (!isHealthy()) {
        if (performance.now() - begin > timeoutMs) return undefined;
        await new Promise((resolve) => setTimeout(resolve, intervalMs));
      }
      return Math.max(0, failedAt - begin);
    },
    end: async () => {
      clearInterval(timer);
      let hangTimer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        hangTimer = setTimeout(resolve, hangMs);
      });
      await Promise.race([Promise.all(running.values()), late]);
      clearTimeout(hangTimer);
      return { ok, failed, hanging: running.size, longest };
    },
  };
}

/** The scope of a call outside of a request. */
function emptyScope(): CallScope {
  const context: Context = {
    prepare: () => undefined,
    get: () => undefined,
    view: () => undefined,
    views: () => Object.create(null),
    fork: () => context,
    dispose: () => undefined,
  };
  return {
    branch: "master",
    context,
    correlation: createCorrelation({ header: () => undefined }),
    deadline: undefined,
    signal: new AbortController().signal,
    onEnd: () => () => undefined,
    trace: undefined,
  };
}
