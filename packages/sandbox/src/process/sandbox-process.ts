import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, TidegateError } from "@tidegate/core-registry";
import { type PendingCall, unavailableError } from "./calls.ts";
import { openCrashLog, runTimeOf } from "./crash-log.ts";
import {
  type ChildSettings,
  createFrameDecoder,
  encodeFrame,
  type Message,
  parseMessage,
  replyKind,
  requestKind,
} from "./messages.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

/** The settings with which a child process is started. */
export interface SandboxProcessOptions {
  readonly settings: ChildSettings;
  /** Milliseconds without a reply after which the process is killed if its call has really run that long. */
  readonly replyTimeout: number;
  readonly clock: Clock;
  /** Node executable. Default: the gateway's own. */
  readonly execPath?: string;
  /** Further command line options of Node. */
  readonly execArgv?: readonly string[];
}

/** Describes how a child process ended, and which calls it left unanswered. */
export interface ProcessExit {
  /** The calls that it has not answered. */
  readonly calls: readonly PendingCall[];
  /** Number of the call that made the process end; 0 where no call did. */
  readonly culprit: number;
  /** True where the gateway killed the process because a call did not return. */
  readonly timedOut: boolean;
  /** Present where the process was never ready. */
  readonly startError?: TidegateError;
  /** True where a signal ended the process that neither the gateway sent nor a crash of the process. */
  readonly killedByOthers: boolean;
}

/** Receives the events of child processes. */
export interface ProcessListener {
  onReply(process: SandboxProcess, reply: Message): void;
  onExit(process: SandboxProcess, exit: ProcessExit): void;
}

/** The signals by which a process ends itself: V8 does, where the memory of a function is exhausted. */
const crashSignals: ReadonlySet<string> = new Set([
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGSEGV",
  "SIGTRAP",
]);
const startTimeout = 30_000;
/** After so many reply timeouts a process that gets no CPU time is killed too, without a culprit. */
const maxStarvedTimeouts = 20;
const maxErrorOutput = 4000;
/** Characters of one frame; more messages go into several frames. */
const maxFrameLength = 8 * 1024 * 1024;

/** Has the extension of this file: TypeScript in development, JavaScript after the build. */
const program = fileURLToPath(new URL(`../child/main${extname(import.meta.url)}`, import.meta.url));

/**
 * The child does not inherit the gateway's environment. Locale and time zone are the same everywhere (S11.1).
 */
const environment = { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" };

/** Code that escapes from the engine can start no process and write no file. */
const permissions = ["--permission", "--allow-addons", "--allow-worker", "--allow-fs-read=*"];

/** A child process that runs functions, as the gateway sees it. */
export class SandboxProcess {
  /** Resolves when the process can run functions; rejects where it does not start. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended and its streams are closed. */
  readonly ended: Promise<void>;

  readonly #listener: ProcessListener;
  readonly #child: ChildProcess;
  readonly #channel: Socket;
  readonly #stderr: Socket;
  readonly #crashLog = openCrashLog();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #calls = new Map<number, PendingCall>();
  readonly #watchdog: Watchdog;
  readonly #cancelStartTimeout: () => void;
  #pendingCharacters = 0;
  #outgoing: string[] = [];
  #errorOutput = "";
  #error: unknown;
  #isReady = false;
  #timedOut = false;
  #noCulprit = false;
  #finished = false;

  /** Starts the process. Errors of the start reject `ready` and reach the listener. */
  constructor(options: SandboxProcessOptions, listener: ProcessListener) {
    const { clock, settings, replyTimeout } = options;
    this.ready = this.#ready.promise;
    this.ended = this.#ended.promise;
    this.ready.catch(() => {});
    this.#listener = listener;
    this.#child = spawnChild(options, this.#crashLog.fd);
    const [, , stderr, channel] = this.#child.stdio;
    this.#stderr = stderr as Socket;
    this.#channel = channel as Socket;
    this.#watchdog = startWatchdog({
      clock,
      timeout: replyTimeout,
      isBusy: () => this.#isReady && this.#calls.size > 0,
      onTimeout: (silence) => this.#handleSilence(silence, options),
    });
    this.#cancelStartTimeout = clock.after(startTimeout, () => this.kill());
    this.#listen();
    this.#queue(`${requestKind.settings}${JSON.stringify(settings)}`);
    this.#flush();
  }

  /** The calls that wait for a reply, by number. */
  get calls(): ReadonlyMap<number, PendingCall> {
    return this.#calls;
  }

  /** Characters of the arguments of all pending calls. */
  get pendingCharacters(): number {
    return this.#pendingCharacters;
  }

  /** Lets a quarantined service stay in this process even if it exceeds a limit here. */
  allowQuarantined(service: string): void {
    this.#queue(`${requestKind.quarantine}${JSON.stringify(service)}`);
  }

  /** Sends a call. All messages of one turn of the event loop go into one frame. */
  send(call: PendingCall): void {
    const wasIdle = this.#calls.size === 0;
    this.#calls.set(call.id, call);
    this.#pendingCharacters += call.argument.json.length;
    this.#queue(encodeCall(call));
    if (!wasIdle) return;
    this.#watchdog.reset();
    this.#keepEventLoopAlive(true);
  }

  /** Sends the definition of a function that the process does not have, then the call again. */
  sendWithDefinition(call: PendingCall): void {
    const { id, service, script, offset, takesUtil } = call.fn;
    this.#queue(`${requestKind.define}${JSON.stringify({ id, service, script, offset, takesUtil })}`);
    this.#queue(encodeCall(call));
  }

  /** Removes a call that has its reply or is dropped. */
  remove(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#pendingCharacters -= call.argument.json.length;
    if (this.#calls.size === 0 && this.#isReady) this.#keepEventLoopAlive(false);
    return call;
  }

  /** Ends the process at once; no call is the culprit. */
  kill(): void {
    this.#noCulprit = true;
    this.#end();
  }

  #end(): void {
    this.#killChild();
    this.#finish(false);
  }

  /**
   * Kills the process for a call that does not return. Waits longer where the call got little CPU time, and
   * where no call runs (the process creates an isolate): then a busy machine is the cause.
   *
   * @returns true to wait longer
   */
  #handleSilence(silence: number, { settings, replyTimeout }: SandboxProcessOptions): boolean {
    const record = this.#crashLog.read();
    const runTime = this.#calls.has(record.call) ? runTimeOf(this.#child.pid, record) : 0;
    const isStarved = runTime < settings.timeout / 2;
    if (isStarved && silence < maxStarvedTimeouts * replyTimeout) return true;
    this.#noCulprit = isStarved;
    this.#timedOut = !isStarved;
    this.#end();
    return false;
  }

  #killChild(): void {
    this.#keepEventLoopAlive(true);
    this.#child.kill("SIGKILL");
  }

  /** An idle child process does not keep the gateway running. */
  #keepEventLoopAlive(alive: boolean): void {
    for (const handle of [this.#child, this.#channel, this.#stderr]) alive ? handle.ref() : handle.unref();
  }

  #listen(): void {
    const decode = createFrameDecoder((lines) => {
      this.#watchdog.reset();
      for (const line of lines) this.#receive(line);
    });
    this.#channel.on("data", (chunk: Buffer) => {
      try {
        decode(chunk);
      } catch (error) {
        this.#error = error;
        this.kill();
      }
    });
    // The process is ending, or has to: "close" follows and shows how it ended.
    this.#channel.on("error", () => this.#killChild());
    this.#stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-maxErrorOutput);
    });
    // "close" instead of "exit": all replies that the process has sent were read before.
    this.#child.on("close", (_code, signal) => {
      this.#finish(signal !== null && !crashSignals.has(signal));
      this.#ended.resolve();
    });
    this.#child.on("error", (error) => {
      if (this.#child.pid !== undefined) return;
      this.#error ??= error;
      this.#finish(false);
    });
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    if (message.kind === replyKind.ready) this.#becomeReady();
    else if (message.kind === replyKind.startFailed) {
      this.#error = new Error(String(JSON.parse(line.slice(1))));
      this.kill();
    } else this.#listener.onReply(this, message);
  }

  #becomeReady(): void {
    this.#isReady = true;
    this.#cancelStartTimeout();
    this.#ready.resolve();
    this.#watchdog.reset();
    this.#keepEventLoopAlive(this.#calls.size > 0);
  }

  #queue(line: string): void {
    if (this.#outgoing.push(line) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const lines = this.#outgoing;
    this.#outgoing = [];
    if (this.#finished) return;
    let from = 0;
    let length = 0;
    for (const [index, line] of lines.entries()) {
      length += line.length;
      if (length < maxFrameLength && index + 1 < lines.length) continue;
      this.#channel.write(encodeFrame(lines.slice(from, index + 1)));
      from = index + 1;
      length = 0;
    }
  }

  #finish(killedByOthers: boolean): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#cancelStartTimeout();
    this.#watchdog.stop();
    this.#channel.destroy();
    const culprit = this.#noCulprit ? 0 : this.#crashLog.read().call;
    this.#crashLog.close();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    const exit = { calls, culprit, timedOut: this.#timedOut, killedByOthers };
    if (this.#isReady) {
      this.#listener.onExit(this, exit);
      return;
    }
    const cause = this.#error ?? new Error(this.#errorOutput.trim() || "The process ended");
    const startError = unavailableError("cannot start a process", cause);
    this.#ready.reject(startError);
    this.#listener.onExit(this, { ...exit, startError });
  }
}

function spawnChild(options: SandboxProcessOptions, crashLogFd: number): ChildProcess {
  const { execPath = process.execPath, execArgv = [] } = options;
  return spawn(execPath, ["--no-node-snapshot", ...permissions, ...execArgv, program], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe", "pipe", crashLogFd],
    windowsHide: true,
  });
}

function encodeCall({ id, fn, argument }: PendingCall): string {
  return argument.tokens === undefined
    ? `${requestKind.call}${id} ${fn.id} ${argument.json}`
    : `${requestKind.callWithTokens}${id} ${fn.id} ${argument.tokens.nonce} ${argument.json}`;
}
