import { systemClock } from "../contracts/clock.ts";
import { checkPlugin } from "../contracts/define-plugin.ts";
import { TidegateError } from "../contracts/errors.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Middleware } from "../contracts/middleware.ts";
import type { RegistryOptions } from "../registry/contract.ts";
import { createFailureLog, defaultPluginTimeoutSeconds } from "../runtime/boundary/guard.ts";
import { createLoadTools, guardedLifecycle, type Lifecycle } from "../runtime/boundary/lifecycle.ts";

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

/**
 * Makes the begin and the end of the middleware of one gateway. `start` starts them in the configured order;
 * where one fails, those that have started are disposed. `dispose` goes in reverse order.
 */
export function middlewareLifecycle(
  list: readonly Middleware[],
  logger: Logger,
  {
    clock = systemClock,
    pluginTimeoutSeconds = defaultPluginTimeoutSeconds,
  }: Pick<RegistryOptions, "clock" | "pluginTimeoutSeconds">,
): Pick<Lifecycle, "start" | "dispose"> {
  const limit = { clock, limitMs: pluginTimeoutSeconds * 1_000 };
  const tools = createLoadTools(limit, createFailureLog(logger, clock));
  const lifecycles = list.map((middleware) =>
    guardedLifecycle({ kind: "middleware", name: middleware.name }, middleware, tools),
  );
  const dispose = async (): Promise<void> => {
    for (const lifecycle of lifecycles.toReversed()) await lifecycle.dispose();
  };
  return {
    dispose,
    start: async () => {
      try {
        for (const lifecycle of lifecycles) await lifecycle.start();
      } catch (error) {
        await dispose();
        throw error;
      }
    },
  };
}
