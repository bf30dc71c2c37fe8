import { compose } from "./config/compose.ts";
import { readConfig } from "./config/tree.ts";
import { createDefaultGateway, type Gateway } from "./default-gateway.ts";
import { stopOnSignals } from "./process-events.ts";

/** What is known of a configuration beside what it holds. */
export interface StartOptions {
  /** Where it comes from, for errors. Default: `the configuration`. */
  readonly source?: string;
  /** Listens for HTTP on this port instead of the configured one. */
  readonly port?: number;
}

/**
 * Starts a gateway by its configuration (S15): checked, composed, its signals handled unless it says
 * `skipProcessEventRegistration`.
 * @param config the tree, not checked
 * @throws {TidegateError} `CONFIG_INVALID` where an option is wrong, `PLUGIN_INVALID` where a plugin is
 */
export async function startGateway(config: unknown, { source, port }: StartOptions = {}): Promise<Gateway> {
  const read = readConfig(config, source);
  const { protocol } = read.server;
  const http = { ...protocol.http, ...(port !== undefined && { port }) };
  const options = compose({ ...read, server: { ...read.server, protocol: { ...protocol, http } } });
  const gateway = createDefaultGateway(options);
  const release = read.skipProcessEventRegistration
    ? undefined
    : stopOnSignals(gateway, options.logger ?? console);
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    release?.();
    await gateway.stop();
    throw error;
  }
}
