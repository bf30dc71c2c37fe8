import { type Clock, isTidegateError, type TidegateError } from "@tidegate/core-registry";
import { decodeResult } from "../values.ts";
import {
  disabledError,
  errorOf,
  type KnownFunction,
  memoryError,
  type PendingCall,
  resultError,
  timeoutError,
  unavailableError,
} from "./calls.ts";
import { type ChildSettings, type Message, replyKind } from "./messages.ts";
import { Quarantine } from "./quarantine.ts";
import {
  type ProcessExit,
  type ProcessListener,
  SandboxProcess,
  type SandboxProcessOptions,
} from "./sandbox-process.ts";

/** The limits of a process pool, and how it starts its processes. */
export interface ProcessPoolOptions extends Pick<SandboxProcessOptions, "execPath" | "execArgv"> {
  readonly settings: ChildSettings;
  /** So many exceeded limits within a minute switch a function off. */
  readonly maxOffences: number;
  readonly clock: Clock;
  /**
   * Milliseconds after its time limit at which a call that the engine cannot stop is killed with its process.
   * Default 100.
   */
  readonly killDelay?: number;
}

/** Characters of the arguments that can wait for one process. */
const maxPendingCharacters = 32 * 1024 * 1024;
const maxPendingCalls = 10_000;
const maxReruns = 5;
const offenceWindow = 60_000;
/**
 * Characters of an argument, as JSON, above which a broken limit is not held against the function: a client
 * can send as much, and could otherwise switch it off for all others.
 */
const maxBlamedCharacters = 64 * 1_024;
/** Milliseconds after a failed start in which a call that needs a new process fails at once. */
const startBackOff = 1000;
/** Number of starts in a row that a signal from outside has to end until they count as a failed start. */
const maxKilledStarts = 3;

/**
 * The processes that functions run in. One process serves all services, a warm spare stands by, and each
 * service that exceeded a limit moves into a process of its own (S11.2). When a process ends, the pool runs
 * the unanswered calls of others again in another process: a function only computes, so nothing happens
 * twice.
 */
export class ProcessPool implements ProcessListener {
  readonly #options: ProcessPoolOptions;
  readonly #processOptions: SandboxProcessOptions;
  readonly #quarantine: Quarantine<SandboxProcess>;
  readonly #processes = new Set<SandboxProcess>();
  #shared: SandboxProcess | undefined;
  #spare: SandboxProcess | undefined;
  #stopped = false;
  #killedStarts = 0;
  #failedStart: { readonly error: unknown; readonly at: number } | undefined;

  constructor(options: ProcessPoolOptions) {
    const { settings, clock, killDelay = 100 } = options;
    this.#options = options;
    this.#processOptions = { ...options, replyTimeout: settings.timeout + killDelay };
    this.#quarantine = new Quarantine(() => this.#takeProcess(), clock);
  }

  /** Starts the shared process and a spare. */
  async start(): Promise<void> {
    if (this.#stopped) throw unavailableError("was stopped");
    this.#shared ??= this.#open();
    const { ready } = this.#shared;
    this.#openSpare();
    await ready;
  }

  /** Ends all processes. Running calls fail. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const processes = [...this.#processes];
    for (const process of processes) process.kill();
    await Promise.all(processes.map(({ ended }) => ended));
    this.#quarantine.stop();
  }

  /** Runs a call in the process of its service and ends it by its `resolve` or `reject`. */
  run(call: PendingCall): void {
    const error = this.#reasonNotToRun(call) ?? this.#send(call);
    if (error !== undefined) call.reject(error);
  }

  #reasonNotToRun({ fn, options }: PendingCall): TidegateError | undefined {
    if (this.#stopped) return unavailableError("was stopped");
    return fn.disabled && disabledError(options.label, this.#options.maxOffences);
  }

  #send(call: PendingCall): TidegateError | undefined {
    try {
      const process = this.#processOf(call.fn.service);
      if (process.calls.size >= maxPendingCalls || process.pendingCharacters >= maxPendingCharacters)
        return unavailableError("is overloaded");
      process.send(call);
      return undefined;
    } catch (error) {
      return isTidegateError(error) ? error : unavailableError("cannot start a process", error);
    }
  }

  #processOf(service: string): SandboxProcess {
    const quarantined = this.#quarantine.processOf(service);
    if (quarantined !== undefined) return quarantined;
    this.#shared ??= this.#takeProcess();
    return this.#shared;
  }

  #takeProcess(): SandboxProcess {
    const process = this.#spare ?? this.#openUnlessFailing();
    this.#spare = undefined;
    setImmediate(() => this.#openSpare());
    return process;
  }

  #openUnlessFailing(): SandboxProcess {
    const failed = this.#failedStart;
    if (failed !== undefined && this.#options.clock.now() - failed.at < startBackOff)
      throw unavailableError("has no process", failed.error);
    return this.#open();
  }

  #openSpare(): void {
    if (this.#stopped || this.#spare !== undefined) return;
    try {
      this.#spare = this.#open();
    } catch {
      // The next call that needs a process gets the error.
    }
  }

  #open(): SandboxProcess {
    const process = new SandboxProcess(this.#processOptions, this);
    this.#processes.add(process);
    process.ended.then(() => this.#processes.delete(process));
    process.ready.then(
      () => {
        this.#failedStart = undefined;
        this.#killedStarts = 0;
      },
      () => {},
    );
    return process;
  }

  /** Handles a message of a process. */
  onReply(process: SandboxProcess, reply: Message): void {
    if (reply.kind === replyKind.notCompiled) {
      recordCompileError(process, reply);
      return;
    }
    const call = process.calls.get(reply.id);
    if (call === undefined) return;
    if (reply.kind === replyKind.console) writeConsole(call, reply.text);
    else if (reply.kind === replyKind.unknownFunction && call.fn.compileError === undefined)
      process.sendWithDefinition(call);
    else {
      process.remove(reply.id);
      this.#complete(call, reply);
    }
  }

  #complete(call: PendingCall, reply: Message): void {
    const { timeout, memory } = this.#options.settings;
    switch (reply.kind) {
      case replyKind.result:
        resolveCall(call, reply.text);
        break;
      case replyKind.timeout:
        this.#recordOffence(call, timeoutError(call, timeout));
        break;
      case replyKind.outOfMemory:
        this.#recordOffence(call, memoryError(call, memory));
        break;
      case replyKind.moved:
        this.#rerun(call);
        break;
      default:
        if (reply.kind === replyKind.starved && call.reruns < maxReruns) this.#rerun(call);
        else call.reject(errorOf(call, reply, timeout));
    }
  }

  /** Handles the end of a process: the culprit's call fails, all others run again. */
  onExit(process: SandboxProcess, { calls, culprit, timedOut, ...how }: ProcessExit): void {
    const { timeout, memory } = this.#options.settings;
    this.#quarantine.remove(process);
    if (this.#shared === process) this.#shared = undefined;
    if (this.#spare === process) this.#spare = undefined;
    this.#recordFailedStart(how);
    const running = calls.find(({ id }) => id === culprit);
    const guilty = how.killedByOthers && isFirstKill(running) ? undefined : running;
    if (guilty !== undefined)
      this.#recordOffence(guilty, timedOut ? timeoutError(guilty, timeout) : memoryError(guilty, memory));
    for (const call of calls) if (call !== guilty) this.#rerun(call);
  }

  /**
   * A start that was killed from outside is no sign that the next one fails, so it counts only when it
   * repeats.
   */
  #recordFailedStart({
    startError,
    killedByOthers,
  }: Pick<ProcessExit, "startError" | "killedByOthers">): void {
    if (startError === undefined) return;
    if (killedByOthers && ++this.#killedStarts < maxKilledStarts) return;
    this.#failedStart = { error: startError, at: this.#options.clock.now() };
  }

  #rerun(call: PendingCall): void {
    call.reruns++;
    if (call.reruns <= maxReruns) this.run(call);
    else call.reject(unavailableError(`was interrupted ${maxReruns} times while ${call.options.label} ran`));
  }

  /** A call exceeded a limit: it fails, its service is quarantined, and a repeat offender is switched off. */
  #recordOffence(call: PendingCall, error: TidegateError): void {
    const { fn, options } = call;
    const { clock, maxOffences } = this.#options;
    const now = clock.now();
    if (call.argument.json.length <= maxBlamedCharacters)
      fn.offences = [...fn.offences.filter((at) => now - at < offenceWindow), now].slice(-maxOffences);
    this.#quarantine.add(fn.service);
    if (fn.offences.length >= maxOffences) fn.disabled ??= disabledError(options.label, maxOffences);
    call.reject(error);
    reportLimitExceeded(call, error);
    if (fn.disabled === undefined) return;
    reportLimitExceeded(call, fn.disabled);
    for (const process of this.#processes) this.#dropCalls(process, fn);
  }

  /**
   * Rejects the waiting calls of a disabled function. Kills a quarantine process that still has to run such
   * calls.
   */
  #dropCalls(process: SandboxProcess, fn: KnownFunction): void {
    const dropped = [...process.calls.values()].filter((call) => call.fn === fn);
    for (const call of dropped) {
      process.remove(call.id);
      call.reject(disabledError(call.options.label, this.#options.maxOffences));
    }
    if (dropped.length > 0 && process !== this.#shared) process.kill();
  }
}

/**
 * Marks a function that the engine rejects. Its calls come back as `unknownFunction` and fail with this
 * error.
 */
function recordCompileError(process: SandboxProcess, { id, text }: Message): void {
  for (const { fn } of process.calls.values()) if (fn.id === id) fn.compileError = String(JSON.parse(text));
}

/**
 * Whether a process was killed from outside while a call ran there, for the first time: the call need not be
 * the reason. At the second time it is: the system kills processes that take too much memory.
 */
function isFirstKill(running: PendingCall | undefined): boolean {
  if (running === undefined || running.wasKilled === true) return false;
  running.wasKilled = true;
  return true;
}

function resolveCall(call: PendingCall, json: string): void {
  try {
    call.resolve(decodeResult(json, call.argument.tokens));
  } catch (cause) {
    call.reject(resultError(call, "The result cannot be decoded", cause));
  }
}

function reportLimitExceeded({ options }: PendingCall, error: Error): void {
  try {
    options.onLimitExceeded(error);
  } catch {
    // An error of the listener must not change the outcome of the call.
  }
}

function writeConsole({ options }: PendingCall, json: string): void {
  const lines: readonly [Parameters<typeof options.console>[0]["level"], string][] = JSON.parse(json);
  for (const [level, text] of lines) {
    try {
      options.console({ level, text });
    } catch {
      return;
    }
  }
}
