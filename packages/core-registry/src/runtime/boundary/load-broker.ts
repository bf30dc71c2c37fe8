import type { Broker, BrokerHealth, PeerReply } from "../../contracts/broker.ts";
import { checkPlugin } from "../../contracts/define-plugin.ts";
import { isTidegateError, type TidegateError } from "../../contracts/errors.ts";
import { callPlugin, callPluginNow, isPromise, type PluginName, pluginError, reasonOf } from "./guard.ts";
import type { LoadTools } from "./lifecycle.ts";

/**
 * Puts a broker behind the plugin boundary (S17). Calls and events that fail with anything but a
 * `TidegateError` fail with `PLUGIN_FAILED`, which names the broker. What belongs to no request has the time
 * limit of plugins; `start` has none, since a broker connects as long as it needs.
 * @throws {TidegateError} `PLUGIN_INVALID` where it does not implement its contract
 */
export function loadBroker(broker: Broker, tools: LoadTools): Broker {
  checkPlugin("broker", broker);
  const plugin: PluginName = { kind: "broker", name: broker.name };
  const { peers } = broker;
  const callFailed = (error: unknown): Promise<never> => Promise.reject(named(plugin, "call", error));
  // Bound, since a plugin can be an instance of a class.
  const health = broker.health?.bind(broker);
  return {
    contract: broker.contract,
    name: broker.name,
    start: (sink) => requestOf(plugin, "start", () => broker.start(sink)),
    stop: () =>
      callPlugin(plugin, "stop", { ...tools.limit, signal: undefined }, () => broker.stop(), anything),
    // One function, since each request calls it.
    call: (scope, request) => {
      try {
        const value: unknown = broker.call(scope, request);
        return value instanceof Promise ? value.catch(callFailed) : callFailed(noPromise(plugin, "call"));
      } catch (error) {
        return callFailed(error);
      }
    },
    ...(broker.publish === undefined
      ? {}
      : {
          publish: (scope, request) =>
            requestOf(plugin, "publish", async () => broker.publish?.(scope, request)),
        }),
    ...(broker.events === undefined
      ? {}
      : { events: (patterns) => logged(plugin, "events", () => broker.events?.(patterns), tools) }),
    ...(broker.report === undefined
      ? {}
      : {
          report: (service, node, report) =>
            callPlugin(plugin, "report", tools.limit, () => broker.report?.(service, node, report), anything),
        }),
    ...(health === undefined ? {} : { health: () => healthOf(plugin, health, tools) }),
    ...(peers === undefined
      ? {}
      : {
          peers: {
            handle: (handlers) => peers.handle(handlers),
            request: async (name, params, timeout) => {
              try {
                const limit = { ...tools.limit, limitMs: timeout + tools.limit.limitMs };
                return await callPlugin(
                  plugin,
                  "peers.request",
                  limit,
                  () => peers.request(name, params, timeout),
                  repliesProblem,
                );
              } catch (error) {
                tools.failed(error);
                return noReplies;
              }
            },
          },
        }),
  };
}

const noReplies: readonly PeerReply[] = [];

/** Keeps the errors that the contract allows, and names the broker in all others. */
function requestOf<Value>(plugin: PluginName, member: string, run: () => Promise<Value>): Promise<Value> {
  try {
    const value: unknown = run();
    if (isPromise(value))
      return (value as Promise<Value>).catch((error) => Promise.reject(named(plugin, member, error)));
    return Promise.reject(noPromise(plugin, member));
  } catch (error) {
    return Promise.reject(named(plugin, member, error));
  }
}

function noPromise(plugin: PluginName, member: string): TidegateError {
  return pluginError(plugin, member, "it returned no promise.");
}

function named(plugin: PluginName, member: string, error: unknown): TidegateError {
  return isTidegateError(error) ? error : pluginError(plugin, member, reasonOf(error), error);
}

function logged(plugin: PluginName, member: string, run: () => void, tools: LoadTools): void {
  try {
    run();
  } catch (error) {
    tools.failed(pluginError(plugin, member, reasonOf(error), error));
  }
}

const states: readonly unknown[] = ["up", "connecting", "failed"];

function healthOf(plugin: PluginName, health: NonNullable<Broker["health"]>, tools: LoadTools): BrokerHealth {
  const isUnknown: BrokerHealth = {
    state: "failed",
    since: 0,
    reason: "The broker does not tell its state.",
  };
  try {
    return callPluginNow(plugin, "health", health, healthProblem);
  } catch (error) {
    tools.failed(error);
    return isUnknown;
  }
}

function healthProblem(health: unknown): string | undefined {
  if (typeof health !== "object" || health === null) return "it returned no object.";
  return "state" in health && states.includes(health.state) ? undefined : "it returned an unknown `state`.";
}

function repliesProblem(replies: unknown): string | undefined {
  const isReply = (reply: unknown): boolean =>
    typeof reply === "object" && reply !== null && "node" in reply && typeof reply.node === "string";
  return Array.isArray(replies) && replies.every(isReply) ? undefined : "it returned no list of replies.";
}

function anything(): undefined {
  return undefined;
}
