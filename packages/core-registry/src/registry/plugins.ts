import type { Broker } from "../contracts/broker.ts";
import { TidegateError } from "../contracts/errors.ts";
import type { Documents } from "../contracts/protocol.ts";
import type { Served } from "../contracts/server.ts";
import { createFailureLog, defaultPluginTimeoutSeconds } from "../runtime/boundary/guard.ts";
import { createLoadTools, type Lifecycle } from "../runtime/boundary/lifecycle.ts";
import { loadBroker } from "../runtime/boundary/load-broker.ts";
import { type LoadedContext, loadContext } from "../runtime/boundary/load-context.ts";
import { type LoadedPolicy, loadPolicy } from "../runtime/boundary/load-policy.ts";
import { type LoadedProtocol, loadProtocol } from "../runtime/boundary/load-protocol.ts";
import type { RegistryOptions } from "./contract.ts";
import type { Runtime } from "./runtime.ts";

/** The plugins of a gateway behind the plugin boundary (S17), each loaded once. */
export interface LoadedPlugins {
  readonly brokers: readonly Broker[];
  readonly protocols: readonly LoadedProtocol[];
  readonly policies: readonly LoadedPolicy[];
  readonly disabledPolicies: readonly LoadedPolicy[];
  readonly contexts: readonly LoadedContext[];
  /** Logs the failure of a plugin with its name; equal failures once a minute. */
  pluginFailed(error: unknown): void;
}

/**
 * Loads the plugins of a gateway.
 * @throws {TidegateError} `PLUGIN_INVALID` where one does not implement its contract, or two cannot be used
 * together
 */
export function loadPlugins(
  options: Pick<
    RegistryOptions,
    "brokers" | "protocols" | "policies" | "disabledPolicies" | "contexts" | "pluginTimeoutSeconds"
  >,
  { clock, logger, signal }: Pick<Runtime, "clock" | "logger" | "signal">,
): LoadedPlugins {
  const { pluginTimeoutSeconds = defaultPluginTimeoutSeconds, disabledPolicies = [] } = options;
  const ofProtocols = options.protocols.flatMap((protocol) => protocol.contexts ?? []);
  const limit = { clock, limitMs: pluginTimeoutSeconds * 1_000, signal };
  const tools = createLoadTools(limit, createFailureLog(logger, clock));
  const contexts = [...options.contexts, ...ofProtocols];
  const plugins: LoadedPlugins = {
    brokers: options.brokers.map((broker) => loadBroker(broker, tools)),
    protocols: options.protocols.map((protocol) => loadProtocol(protocol, tools)),
    policies: options.policies.map((policy) => loadPolicy(policy, tools)),
    disabledPolicies: disabledPolicies.map((policy) => loadPolicy(policy, tools)),
    contexts: contexts.map((context) => loadContext(context, tools)),
    pluginFailed: tools.failed,
  };
  refuseTwins(plugins);
  return plugins;
}

/** Starts protocols, policies and contexts, in this order. @throws {TidegateError} `PLUGIN_FAILED` */
export async function startPlugins(plugins: LoadedPlugins): Promise<void> {
  for (const lifecycle of lifecycles(plugins)) await lifecycle.start();
}

/** Disposes what was started, in reverse order. Never rejects: failures are logged. */
export async function disposePlugins(plugins: LoadedPlugins): Promise<void> {
  for (const lifecycle of lifecycles(plugins).reverse()) await lifecycle.dispose();
}

/** The documents of a version, of all protocols. Of equal names, that of the first protocol. */
export async function documentsOf(
  { version, directory }: Served,
  protocols: readonly LoadedProtocol[],
): Promise<Documents> {
  const input = { version: version.name, directory };
  const documents: Record<string, string> = {};
  for (const protocol of protocols) {
    const share = version.protocols.get(protocol.name);
    if (share === undefined) continue;
    for (const [name, text] of Object.entries(await protocol.documents(share, input)))
      documents[name] ??= text;
  }
  return documents;
}

function lifecycles({ protocols, policies, contexts }: LoadedPlugins): Lifecycle[] {
  return [...protocols, ...policies, ...contexts].map(({ lifecycle }) => lifecycle);
}

// Which of two equal names a fragment means would depend on the order of the configuration.
function refuseTwins({ protocols, policies, disabledPolicies, contexts }: LoadedPlugins): void {
  const allPolicies = [...policies, ...disabledPolicies];
  refuseSame(
    protocols,
    ({ name }) => [name],
    (name) => `Two protocol plugins have the name '${name}'.`,
  );
  refuseSame(
    allPolicies,
    ({ name }) => [name],
    (name) => `Two policy plugins have the name '${name}'.`,
  );
  refuseSame(
    contexts,
    ({ name }) => [name],
    (name) => `Two context plugins have the name '${name}'.`,
  );
  refuseSame(
    allPolicies,
    ({ members }) => members,
    (member, one, other) =>
      `The policy plugins '${one.name}' and '${other.name}' both have the rule member '${member}'.`,
  );
  refuseSame(
    protocols,
    ({ reserved }) => reserved,
    (path, one, other) => `The protocol plugins '${one.name}' and '${other.name}' both reserve '${path}'.`,
  );
}

function refuseSame<Plugin>(
  plugins: readonly Plugin[],
  namesOf: (plugin: Plugin) => readonly string[],
  message: (name: string, one: Plugin, other: Plugin) => string,
): void {
  const known = new Map<string, Plugin>();
  for (const plugin of plugins) {
    for (const name of new Set(namesOf(plugin))) {
      const one = known.get(name);
      if (one !== undefined) throw new TidegateError("PLUGIN_INVALID", message(name, one, plugin));
      known.set(name, plugin);
    }
  }
}
