import { Socket } from "node:net";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { crashLogWriter } from "../process/crash-log.ts";
import {
  type ChildSettings,
  createFrameDecoder,
  encodeFrame,
  type FunctionDefinition,
  parseMessage,
  replyKind,
  requestKind,
} from "../process/messages.ts";
import type { Outcome, ServiceIsolate } from "./isolate.ts";

/**
 * The child process: runs one call after another and answers in the same order.
 * File descriptor 3 is the channel to the gateway, 4 is the crash log.
 */

const maxIsolates = 200;
const maxFunctions = 50_000;
const maxServices = 10_000;
/**
 * Milliseconds that replies wait for further ones. Short, because the gateway takes silence for a hanging
 * call.
 */
const flushInterval = 5;
/** Milliseconds up to which a time limit is extended on a busy machine. */
const maxExtendedTimeout = 1000;
/** Milliseconds without a new service after which the next isolate is prepared. */
const spareDelay = 100;

// A terminal and a service manager send these signals to all processes of the gateway. The gateway still
// serves
// then, and ends this process when it needs it no more; its end closes the channel.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);

const gateway = new Socket({ fd: 3, readable: true, writable: true });
const recordCall = crashLogWriter(4);
/** Counts the starts and ends of calls for the watchdog thread. */
const progress = new Int32Array(new SharedArrayBuffer(4));
const isolates = new LRUCache<string, ServiceIsolate>({
  max: maxIsolates,
  dispose: (isolate) => isolate.dispose(),
});
const functions = new LRUCache<number, { readonly service: string; readonly isolate: ServiceIsolate }>({
  max: maxFunctions,
});
/** Services that exceeded a limit here: the gateway runs their further calls in another process. */
const movedServices = new LRUCache<string, true>({ max: maxServices });
/** Quarantined services whose process this is: their calls stay. */
const quarantinedServices = new LRUCache<string, true>({ max: maxServices });
const replies: string[] = [];
/** Requests that arrive before the process is ready. */
const backlog: string[] = [];
let lastFlush = performance.now();
let ready = false;
let callTimeout = 0;
let spareTimer: NodeJS.Timeout | undefined;
/** An isolate for the next new service, created while the process is idle. */
let spareIsolate: ServiceIsolate | undefined;
let createIsolate = (): ServiceIsolate => {
  throw new Error("The process is not ready");
};

const exit = (): void => {
  process.kill(process.pid, "SIGKILL");
};
gateway.on("end", exit).on("close", exit).on("error", exit);
gateway.on(
  "data",
  createFrameDecoder((lines) => {
    for (const line of lines) handle(line);
    flush();
  }),
);

function flush(): void {
  if (replies.length > 0 && !gateway.write(encodeFrame(replies))) {
    gateway.pause();
    gateway.once("drain", () => gateway.resume());
  }
  replies.length = 0;
  lastFlush = performance.now();
}

function reply(line: string): void {
  replies.push(line);
  if (performance.now() - lastFlush > flushInterval) flush();
}

function handle(line: string): void {
  if (!ready && !line.startsWith(requestKind.settings)) {
    backlog.push(line);
    return;
  }
  const { kind, id: call, text } = parseMessage(line);
  const [id = "", nonce = ""] = text.split(" ", 2);
  switch (kind) {
    case requestKind.call:
      runCall(call, Number(id), text.slice(id.length + 1), undefined);
      break;
    case requestKind.callWithTokens:
      runCall(call, Number(id), text.slice(id.length + nonce.length + 2), nonce);
      break;
    case requestKind.define:
      define(JSON.parse(line.slice(1)));
      break;
    case requestKind.quarantine:
      quarantinedServices.set(JSON.parse(line.slice(1)), true);
      break;
    case requestKind.settings:
      void start(JSON.parse(line.slice(1)));
  }
}

/** Loads isolated-vm here and not at the top, so that the gateway learns why it cannot be loaded. */
async function start(settings: ChildSettings): Promise<void> {
  try {
    const { ServiceIsolate } = await import("./isolate.ts");
    callTimeout = settings.timeout;
    createIsolate = () => new ServiceIsolate(settings);
    spareIsolate = createIsolate();
    ready = true;
    replies.push(replyKind.ready);
    flush();
    for (const line of backlog.splice(0)) handle(line);
    flush();
    startWatchdogThread();
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    replies.push(`${replyKind.startFailed}${JSON.stringify(reason)}`);
    flush();
  }
}

function startWatchdogThread(): void {
  const url = new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url);
  new Worker(url, { workerData: { progress, timeout: Math.max(2000, 10 * callTimeout) } }).unref();
}

function takeIsolate(): ServiceIsolate {
  const isolate = spareIsolate ?? createIsolate();
  spareIsolate = undefined;
  clearTimeout(spareTimer);
  spareTimer = setTimeout(() => {
    spareIsolate ??= createIsolate();
  }, spareDelay);
  return isolate;
}

function define(definition: FunctionDefinition): void {
  const { id, service } = definition;
  try {
    const isolate = isolates.get(service) ?? takeIsolate();
    isolates.set(service, isolate);
    isolate.define(definition);
    functions.set(id, { service, isolate });
  } catch (error) {
    isolates.delete(service);
    const message = error instanceof Error ? error.message : String(error);
    reply(`${replyKind.notCompiled}${id} ${JSON.stringify(message.slice(0, 1000))}`);
  }
}

/** Runs a call. Where it got too little CPU time before the time limit, runs it again with a longer one. */
function runCall(call: number, id: number, json: string, nonce: string | undefined): void {
  const fn = functions.get(id);
  if (fn === undefined || !fn.isolate.has(id)) {
    reply(`${replyKind.unknownFunction}${call}`);
    return;
  }
  const { service, isolate } = fn;
  if (movedServices.has(service)) {
    reply(`${replyKind.moved}${call}`);
    return;
  }
  isolates.get(service);
  for (let timeout = callTimeout; ; timeout *= 2) {
    recordCall(call);
    Atomics.add(progress, 0, 1);
    const outcome = isolate.call(id, json, nonce, timeout);
    Atomics.add(progress, 0, 1);
    if (outcome.kind === replyKind.starved && 2 * timeout <= maxExtendedTimeout) continue;
    sendOutcome(call, service, outcome);
    return;
  }
}

function sendOutcome(call: number, service: string, { kind, text, consoleOutput }: Outcome): void {
  const exceededLimit = kind === replyKind.timeout || kind === replyKind.outOfMemory;
  if (exceededLimit && !quarantinedServices.has(service)) movedServices.set(service, true);
  if (kind === replyKind.outOfMemory) isolates.delete(service);
  if (consoleOutput !== "") reply(`${replyKind.console}${call} ${consoleOutput}`);
  reply(`${kind}${call} ${text}`);
}
