import type { Logger } from "@tidegate/core-registry";
import type { Gateway } from "./default-gateway.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The exit codes that a shell reports for a process that a signal ended: 128 plus the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Stops the gateway when the process receives a signal: the first signal turns readiness to 503, and lets
 * the drain delay pass and running requests finish (S12.1); a second one ends the process at once. Returns a
 * function that removes the handlers.
 */
export function stopOnSignals(gateway: Pick<Gateway, "stop">, logger: Logger): () => void {
  let stopping = false;
  const removeHandlers = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: (typeof signals)[number]): void => {
    if (stopping) process.exit(exitCodes[signal]);
    stopping = true;
    logger.info(
      `${signal}: readiness answers 503 from now on; the gateway stops after its drain delay and after running ` +
        "requests have finished (send it again to stop at once)",
    );
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error("The gateway did not stop cleanly.", error);
        process.exit(1);
      },
    );
  };
  for (const signal of signals) process.on(signal, onSignal);
  return removeHandlers;
}
