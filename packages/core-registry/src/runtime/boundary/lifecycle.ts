import { isTidegateError } from "../../contracts/errors.ts";
import {
  callPlugin,
  type FailureLog,
  type PluginName,
  pluginError,
  reasonOf,
  type TimeLimit,
} from "./guard.ts";

/** What plugins are loaded with. */
export interface LoadTools {
  readonly limit: TimeLimit;
  /** Receives every failure of a plugin that nothing else reports. */
  failed(error: unknown): void;
}

/**
 * The begin and the end of a plugin, a rule or a part. Both run at most once; `dispose` only after `start`.
 */
export interface Lifecycle {
  /** Whether the plugin has anything to start or to dispose. */
  readonly isNeeded: boolean;
  /** @throws {TidegateError} `PLUGIN_FAILED` */
  start(): Promise<void>;
  /** Never rejects: a failure is logged. */
  dispose(): Promise<void>;
}

/** A lifecycle with the objects that use it: while one of them can be reached, it is not disposed. */
export interface UsedLifecycle {
  readonly lifecycle: Lifecycle;
  readonly users: readonly object[];
}

/** The members that a lifecycle consists of. */
export interface LifecycleMembers {
  start?(): void | Promise<void>;
  dispose?(): void | Promise<void>;
}

const nothing: Lifecycle = {
  isNeeded: false,
  start: () => Promise.resolve(),
  dispose: () => Promise.resolve(),
};

/** Creates the tools with which plugins are loaded. */
export function createLoadTools(limit: TimeLimit, failures: FailureLog): LoadTools {
  return {
    limit,
    failed: (error) => {
      if (isTidegateError(error)) failures.add(error);
    },
  };
}

/** Wraps `start` and `dispose` with the time limit. A plugin without them needs nothing. */
export function guardedLifecycle(
  plugin: PluginName,
  members: LifecycleMembers,
  { limit, failed }: LoadTools,
): Lifecycle {
  if (members.start === undefined && members.dispose === undefined) return nothing;
  let started: Promise<void> | undefined;
  let disposed: Promise<void> | undefined;
  const run = (member: "start" | "dispose"): Promise<void> =>
    callPlugin(
      plugin,
      member,
      member === "dispose" ? { ...limit, signal: undefined } : limit,
      () => members[member]?.(),
      anything,
    );
  return {
    isNeeded: true,
    start: () => {
      started ??= run("start");
      return started;
    },
    dispose: async () => {
      if (started === undefined) return;
      disposed ??= started.then(
        () => run("dispose").catch(failed),
        () => undefined,
      );
      await disposed;
    },
  };
}

function anything(): undefined {
  return undefined;
}

/** Logs what a promise of a plugin rejects with, where nothing waits for it. */
export function logRejection(
  plugin: PluginName,
  member: string,
  promise: PromiseLike<unknown>,
  tools: LoadTools,
): void {
  promise.then(undefined, (error: unknown) =>
    tools.failed(pluginError(plugin, member, reasonOf(error), error)),
  );
}

/** How deep data of plugins can be nested. */
const maxDepth = 64;

/** Whether a value is plain JSON: no functions, cycles or class instances. */
export function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > maxDepth) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  return Object.values(value).every((member) => member === undefined || isJson(member, depth + 1));
}
