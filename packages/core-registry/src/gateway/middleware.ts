import type { Clock } from "../contracts/clock.ts";
import { TidegateError } from "../contracts/errors.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Middleware } from "../contracts/middleware.ts";
import { nearestName } from "../contracts/nearest-name.ts";

/** How long `start` and `dispose` of a middleware can take, in milliseconds (S17). */
const timeoutMs = 10_000;
const hooks = ["request", "reply", "error", "start", "dispose"];

interface LifecycleTools {
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Checks that every middleware implements its contract (S17), and that no two have the same name.
 * @throws {TidegateError} `PLUGIN_INVALID` with the name of the middleware
 */
export function checkMiddleware(list: readonly unknown[]): void {
  const names = new Set<unknown>();
  for (const middleware of list) {
    if (typeof middleware !== "object" || middleware === null)
      throw new TidegateError("PLUGIN_INVALID", "A middleware plugin must be an object.");
    const name: unknown = Reflect.get(middleware, "name");
    const problems = middlewareProblems(middleware, name);
    if (names.has(name)) problems.push("has the name of another middleware; give it one of its own");
    names.add(name);
    if (problems.length > 0)
      throw new TidegateError(
        "PLUGIN_INVALID",
        `The middleware plugin ${typeof name === "string" ? `'${name}' ` : ""}${problems.join("; ")}.`,
      );
  }
}

function middlewareProblems(middleware: object, name: unknown): string[] {
  const contract: unknown = Reflect.get(middleware, "contract");
  const problems: string[] = [];
  if (contract !== 2)
    problems.push(`implements contract ${String(contract)}; this gateway supports contract 2`);
  if (typeof name !== "string" || name.trim() === "") problems.push("lacks a name");
  for (const member of Object.keys(middleware)) {
    if (member === "contract" || member === "name") continue;
    const nearest = nearestName(member, hooks);
    if (!hooks.includes(member))
      problems.push(
        `has an unknown member '${member}'${nearest === undefined ? "" : ` (did you mean '${nearest}'?)`}`,
      );
  }
  for (const hook of hooks) {
    const value: unknown = Reflect.get(middleware, hook);
    if (value !== undefined && typeof value !== "function")
      problems.push(`has a member '${hook}' of type ${typeof value} instead of function`);
  }
  return problems;
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
