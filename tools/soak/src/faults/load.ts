import { type Broker, type CallScope, type Context, isTidegateError } from "@tidegate/core-registry";

/** Milliseconds that each call may take. */
export const callTimeout = 5_000;

/** Milliseconds after which a call that has not ended counts as hanging. */
const hangs = 10_000;

/** Milliseconds between two calls: 200 a second. */
const pace = 5;

/** How calls ended. */
export interface CallCounts {
  /** Answered. */
  readonly ok: number;
  /** Failed, by code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Not ended in time. */
  readonly hanging: number;
  /** Milliseconds of the longest that ended. */
  readonly longest: number;
}

/** Calls that go on while things break. */
export interface Load {
  /** Resolves when each of the nodes has answered, and nothing has failed for a second since; or with undefined after so many milliseconds. */
  whole(nodes: readonly string[], ms: number): Promise<number | undefined>;
  /** Makes no more calls, and waits for those that run. */
  end(): Promise<CallCounts>;
}

/** Calls `work.do` 200 times a second. */
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
      const node = await broker.call(plainScope(), {
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
  }, pace);

  return {
    whole: async (nodes, ms) => {
      const begin = performance.now();
      answered = new Set();
      failedAt = begin;
      const isWhole = (): boolean =>
        performance.now() - failedAt >= 1_000 && nodes.every((node) => answered.has(node));
      while (!isWhole()) {
        if (performance.now() - begin > ms) return undefined;
        await new Promise((resolve) => setTimeout(resolve, pace));
      }
      return Math.max(0, failedAt - begin);
    },
    end: async () => {
      clearInterval(timer);
      let hang: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        hang = setTimeout(resolve, hangs);
      });
      await Promise.race([Promise.all(running.values()), late]);
      clearTimeout(hang);
      return { ok, failed, hanging: running.size, longest };
    },
  };
}

/** The scope of a call that belongs to no request. */
function plainScope(): CallScope {
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
    deadline: undefined,
    signal: new AbortController().signal,
    onEnd: () => () => undefined,
    trace: undefined,
  };
}
