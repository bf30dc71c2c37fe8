import { Socket } from "node:net";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { noteInto } from "../process/black-box.ts";
import { encodeFrame, readFrames } from "../process/frames.ts";
import { type ChildSettings, type FunctionText, readLine } from "../process/wire.ts";
import type { Outcome, ServiceIsolate } from "./isolate.ts";

/** The child process: runs functions one after another and answers in the same order. Descriptors: 3 the gateway, 4 the black box. */

const mostIsolates = 200;
const mostFunctions = 50_000;
const mostNamed = 10_000;
/** Answers wait at most this long for those that follow, so that the gateway sees the child is alive. */
const flushEvery = 5;
/** So long after the last new service an isolate is made for the next one. */
const quiet = 100;
const crossing = new Set(["v", "m"]);

const gateway = new Socket({ fd: 3, readable: true, writable: true });
const note = noteInto(4);
const progress = new Int32Array(new SharedArrayBuffer(4));
const isolates = new LRUCache<string, ServiceIsolate>({
  max: mostIsolates,
  dispose: (isolate) => isolate.dispose(),
});
const homes = new LRUCache<number, { readonly service: string; readonly isolate: ServiceIsolate }>({
  max: mostFunctions,
});
const banned = new LRUCache<string, true>({ max: mostNamed });
const residents = new LRUCache<string, true>({ max: mostNamed });
const answers: string[] = [];
/** What came before it could run anything. */
const backlog: string[] = [];
let lastFlush = performance.now();
let started = false;
let standingBy: NodeJS.Timeout | undefined;
/** The next new service's, made while there was nothing to do. */
let standBy: ServiceIsolate | undefined;
let makeIsolate = (): ServiceIsolate => {
  throw new Error("The process is not ready");
};

const leave = (): void => {
  process.kill(process.pid, "SIGKILL");
};
gateway.on("end", leave).on("close", leave).on("error", leave);
gateway.on(
  "data",
  readFrames((lines) => {
    for (const line of lines) obey(line);
    flush();
  }),
);

function flush(): void {
  if (answers.length > 0 && !gateway.write(encodeFrame(answers))) {
    gateway.pause();
    gateway.once("drain", () => gateway.resume());
  }
  answers.length = 0;
  lastFlush = performance.now();
}

function answer(line: string): void {
  answers.push(line);
  if (performance.now() - lastFlush > flushEvery) flush();
}

function obey(line: string): void {
  if (!started && !line.startsWith("s")) {
    backlog.push(line);
    return;
  }
  const { call, text } = readLine(line);
  const [id = "", nonce = ""] = text.split(" ", 2);
  switch (line.charAt(0)) {
    case "c":
      runCall(call, Number(id), text.slice(id.length + 1), undefined);
      break;
    case "k":
      runCall(call, Number(id), text.slice(id.length + nonce.length + 2), nonce);
      break;
    case "d":
      define(JSON.parse(line.slice(1)));
      break;
    case "o":
      residents.set(JSON.parse(line.slice(1)), true);
      break;
    case "s":
      void start(JSON.parse(line.slice(1)));
  }
}

async function start(told: ChildSettings): Promise<void> {
  try {
    const { serviceIsolate } = await import("./isolate.ts");
    makeIsolate = () => serviceIsolate(told);
    standBy = makeIsolate();
    started = true;
    answers.push("+");
    flush();
    for (const line of backlog.splice(0)) obey(line);
    flush();
    guard(told.timeout);
  } catch (error) {
    answers.push(
      `!${JSON.stringify(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
    );
    flush();
  }
}

function newIsolate(): ServiceIsolate {
  const isolate = standBy ?? makeIsolate();
  standBy = undefined;
  clearTimeout(standingBy);
  standingBy = setTimeout(() => {
    standBy ??= makeIsolate();
  }, quiet);
  return isolate;
}

function guard(timeout: number): void {
  const url = new URL(`./guard${extname(import.meta.url)}`, import.meta.url);
  new Worker(url, { workerData: { progress, limit: Math.max(2000, 10 * timeout) } }).unref();
}

/** What cannot be made is made again when it is called, and then says why. */
function define(text: FunctionText): void {
  const { service } = text;
  try {
    const isolate = isolates.get(service) ?? newIsolate();
    isolates.set(service, isolate);
    isolate.define(text);
    homes.set(text.id, { service, isolate });
  } catch (error) {
    isolates.delete(service);
    const message = error instanceof Error ? error.message : String(error);
    answer(`x${text.id} ${JSON.stringify(message.slice(0, 1000))}`);
  }
}

function runCall(call: number, id: number, json: string, nonce: string | undefined): void {
  const home = homes.get(id);
  if (home === undefined || !home.isolate.has(id)) {
    answer(`?${call}`);
    return;
  }
  const { service, isolate } = home;
  if (banned.has(service)) {
    answer(`b${call}`);
    return;
  }
  isolates.get(service);
  note(call);
  Atomics.add(progress, 0, 1);
  const outcome = isolate.run(id, json, nonce);
  Atomics.add(progress, 0, 1);
  report(call, service, outcome);
}

function report(call: number, service: string, { kind, text, wrote }: Outcome): void {
  if (crossing.has(kind)) {
    if (!residents.has(service)) banned.set(service, true);
    if (kind === "m") isolates.delete(service);
  }
  if (wrote !== "") answer(`l${call} ${wrote}`);
  answer(`${kind}${call} ${text}`);
}
