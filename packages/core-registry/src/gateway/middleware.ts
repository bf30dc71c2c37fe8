import type { Clock } from "../contracts/clock.ts";
import { checkPlugin } from "../contracts/define-plugin.ts";
import { TidegateError } from "../contracts/errors.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Middleware } from "../contracts/middleware.ts";

/** How long `start` and `dispose` of a middleware can take, in milliseconds (S17). */
const timeoutMs = 10_000;

interface LifecycleTools {
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Checks that every middleware implements its contract (S17), and that no two have the same name.
 * @throws {TidegateError} `PLUGIN_INVALID` with the name of the middleware
 */
export function checkMiddleware(list: readonly Middleware[]): void {
  const names = new Set<string>();
  for (const middleware of list) {
    checkPlugin("middleware", middleware);
    const { name } = middleware;
    if (names.has(name))
      throw new TidegateError(
        "PLUGIN_INVALID",
        `Two middlewares have the name '${name}'. Rename one of them.`,
      );
    names.add(name);
  }
}

/** Starts and disposes the middleware of one gateway. */
export interface MiddlewareLifecycle {
  /**
   * Starts them in the configured order. Where one fails, disposes those that have started.
   * @throws {TidegateError} `PLUGIN_INVALID` with the name of the middleware that failed
   */
  start(): Promise<void>;
  /** Disposes those that have started, in reverse order. Logs what fails, and never rejects. */
  dispose(): Promise<void>;
}

/** Makes the lifecycle of the middleware of one gateway. Nothing starts yet. */
export function middlewareLifecycle(
  list: readonly Middleware[],
  { logger, clock }: LifecycleTools,
): MiddlewareLifecycle {
  const started: Middleware[] = [];

  const dispose = async (): Promise<void> => {
    for (const middleware of started.splice(0).reverse()) {
      try {
        await withinTime(() => middleware.dispose?.(), clock);
      } catch (cause) {
        logger.error(`The middleware '${middleware.name}' failed in 'dispose': ${reasonOf(cause)}`, cause);
      }
    }
  };

  const start = async (): Promise<void> => {
    for (const middleware of list) {
      try {
        await withinTime(() => middleware.start?.(), clock);
      } catch (cause) {
        await dispose();
        const message = `The middleware '${middleware.name}' did not start: ${reasonOf(cause)}`;
        throw new TidegateError("PLUGIN_INVALID", message, { cause });
      }
      started.push(middleware);
    }
  };

  return { start, dispose };
}

async function withinTime(run: () => unknown, clock: Clock): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stopTimer = clock.after(timeoutMs, () =>
    reject(new Error(`It did not settle within ${timeoutMs / 1000} s.`)),
  );
  try {
    await Promise.race([run(), promise]);
  } finally {
    stopTimer();
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "It threw a value that is not an Error.";
}
