import type { ContextFactory } from "../../contracts/context.ts";
import { checkPlugin } from "../../contracts/define-plugin.ts";
import { isTidegateError } from "../../contracts/errors.ts";
import { isPromise, type PluginName, pluginError, reasonOf } from "./guard.ts";
import { guardedLifecycle, type Lifecycle, type LoadTools, logRejection } from "./lifecycle.ts";

/** A context factory behind the plugin boundary. */
export interface LoadedContext extends Omit<ContextFactory, "start" | "dispose"> {
  readonly lifecycle: Lifecycle;
}

/**
 * Puts a context factory behind the plugin boundary (S17). An error of `create` or `view` fails those who
 * read the value; its code stays, where it has one. An error of `close` is logged.
 * @throws {TidegateError} `PLUGIN_INVALID` where it does not implement its contract
 */
export function loadContext(factory: ContextFactory, tools: LoadTools): LoadedContext {
  checkPlugin("context", factory);
  const plugin: PluginName = { kind: "context", name: factory.name };
  const fail = (member: string, error: unknown): never => {
    throw isTidegateError(error) ? error : pluginError(plugin, member, reasonOf(error), error);
  };
  return {
    contract: factory.contract,
    name: factory.name,
    ...(factory.perRequest === undefined ? {} : { perRequest: factory.perRequest }),
    ...(factory.authenticates === undefined ? {} : { authenticates: factory.authenticates }),
    lifecycle: guardedLifecycle(plugin, factory, tools),
    create: (input) => {
      try {
        const value = factory.create(input);
        return isPromise(value) ? Promise.resolve(value).catch((error) => fail("create", error)) : value;
      } catch (error) {
        return fail("create", error);
      }
    },
    ...(factory.view === undefined
      ? {}
      : {
          view: (value: unknown) => {
            try {
              return factory.view?.(value);
            } catch (error) {
              return fail("view", error);
            }
          },
        }),
    ...(factory.close === undefined
      ? {}
      : {
          close: (value: unknown) => {
            try {
              const closed: unknown = factory.close?.(value);
              if (isPromise(closed)) logRejection(plugin, "close", closed, tools);
            } catch (error) {
              tools.failed(pluginError(plugin, "close", reasonOf(error), error));
            }
          },
        }),
  };
}
