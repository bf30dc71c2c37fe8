import { AsyncLocalStorage, createHook } from "node:async_hooks";

/** What a plugin opened and has not closed, while it was watched. */
export interface OpenResources {
  /** The kinds of the open resources, such as `Timeout` or `TCPSERVERWRAP`. */
  list(): readonly string[];
  /** Runs a step of the plugin. Only what such steps open is watched, not what runs beside them. */
  run<Value>(step: () => Value): Value;
  /** Ends the watch. */
  stop(): void;
}

/** Resources that keep a process alive or repeat work. Promises, ticks and files that are read are none. */
const kinds: ReadonlySet<string> = new Set([
  "FSEVENTWRAP",
  "MESSAGEPORT",
  "PIPESERVERWRAP",
  "PIPEWRAP",
  "PROCESSWRAP",
  "TCPSERVERWRAP",
  "TCPWRAP",
  "Timeout",
  "UDPWRAP",
  "WORKER",
]);

const owner = new AsyncLocalStorage<Map<number, string>>();

/** Watches the timers, sockets and processes that the steps of one plugin open. */
export function watchResources(): OpenResources {
  const open = new Map<number, string>();
  const hook = createHook({
    init: (id, kind) => {
      if (kinds.has(kind) && owner.getStore() === open) open.set(id, kind);
    },
    destroy: (id) => void open.delete(id),
  }).enable();
  return {
    list: () => [...open.values()].sort(),
    run: (step) => owner.run(open, step),
    stop: () => void hook.disable(),
  };
}
