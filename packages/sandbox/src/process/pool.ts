import { type Clock, TidegateError } from "@tidegate/core-registry";
import { decodeResult } from "../values/result.ts";
import type { KnownFunction, PendingCall } from "./call.ts";
import { type Cells, makeCells } from "./cells.ts";
import { failureOf, noProcess, switchedOff, tookTooLong, tookTooMuch } from "./failures.ts";
import { type Host, type HostListener, openHost } from "./host.ts";
import type { LaunchOptions } from "./launch.ts";
import type { ChildSettings, Reply } from "./wire.ts";

/** The processes that functions run in. */
export interface Pool {
  /** Gets one ready, and a spare. */
  start(): Promise<void>;
  /** Ends all. What still runs fails. */
  stop(): Promise<void>;
  /** Runs a call somewhere; ends it by its `resolve` or `reject`. */
  run(call: PendingCall): void;
}

/** What a pool is made with. */
export interface PoolOptions extends LaunchOptions {
  /** For the children. */
  readonly settings: ChildSettings;
  /** How often a function may break a limit within a minute before it is switched off. */
  readonly maxOffences: number;
  /** Whose time. */
  readonly clock: Clock;
}

/** Characters of arguments that one process may have before it. */
const mostLoad = 32 * 1024 * 1024;
/** How much longer than its time limit a call may keep a child silent: what the engine cannot stop is killed then. */
const grace = 100;
const mostReruns = 5;
const mostWaiting = 10_000;
const offencesCountFor = 60_000;
const pauseAfterFailure = 1000;

/**
 * One process serves all services; a warm spare stands by. A service that breaks a limit moves into a process of its
 * own; calls of others that were in a process that ended are run again elsewhere: functions only look at data, so
 * nothing happens twice.
 */
export function makePool(options: PoolOptions): Pool {
  const { settings, maxOffences, clock } = options;
  const patience = settings.timeout + grace;
  const hosts = new Set<Host>();
  let common: Host | undefined;
  let spare: Host | undefined;
  let stopped = false;
  let failure: { readonly error: unknown; readonly at: number } | undefined;

  const open = (): Host => {
    const host = openHost({ ...options, patience }, listener);
    hosts.add(host);
    host.ended.then(() => hosts.delete(host));
    host.ready.then(
      () => {
        failure = undefined;
      },
      (error: unknown) => {
        failure = { error, at: clock.now() };
      },
    );
    return host;
  };
  const standBy = (): void => {
    if (stopped || spare !== undefined) return;
    try {
      spare = open();
    } catch {
      // Whoever needs one next is told.
    }
  };
  /** The spare, or a new one; then another spare. */
  const take = (): Host => {
    const host = spare ?? open();
    spare = undefined;
    setImmediate(standBy);
    return host;
  };
  const cells: Cells = makeCells(take, clock);

  const hostOf = (service: string): Host => {
    const cell = cells.of(service);
    if (cell !== undefined) return cell;
    common ??= take();
    return common;
  };

  const whyNot = ({ known, compiled }: PendingCall): TidegateError | undefined => {
    if (stopped) return noProcess("was stopped");
    if (known.off !== undefined) return switchedOff(compiled.label, maxOffences);
    if (failure === undefined || clock.now() - failure.at >= pauseAfterFailure) return undefined;
    return noProcess("has no process", failure.error);
  };

  const place = (call: PendingCall): TidegateError | undefined => {
    try {
      const host = hostOf(call.known.service);
      if (host.calls.size >= mostWaiting || host.load >= mostLoad) return noProcess("has too much to do");
      host.send(call);
      return undefined;
    } catch (cause) {
      return noProcess("cannot start a process", cause);
    }
  };

  const run = (call: PendingCall): void => {
    const why = whyNot(call) ?? place(call);
    if (why !== undefined) call.reject(why);
  };

  const rerun = (call: PendingCall): void => {
    call.reruns++;
    if (call.reruns <= mostReruns) run(call);
    else call.reject(noProcess(`was interrupted ${mostReruns} times while ${call.compiled.label} ran`));
  };

  /** A call broke a limit: it fails, its service moves out, and who keeps doing it is switched off. */
  const offend = (call: PendingCall, error: TidegateError): void => {
    const { known } = call;
    const now = clock.now();
    known.offences = [...known.offences.filter((at) => now - at < offencesCountFor), now].slice(-maxOffences);
    cells.assign(known.service);
    if (known.offences.length >= maxOffences && known.off === undefined)
      known.off = switchedOff(call.compiled.label, maxOffences);
    call.reject(error);
    tell(call, error);
    if (known.off === undefined) return;
    tell(call, known.off);
    for (const host of hosts) dropOff(host, known);
  };

  /** Calls of a function that is off are not waited for, and not run: with them goes the process that has them. */
  const dropOff = (host: Host, known: KnownFunction): void => {
    const dropped = [...host.calls.values()].filter((call) => call.known === known);
    for (const { id } of dropped) {
      const call = host.settle(id);
      call?.reject(switchedOff(call.compiled.label, maxOffences));
    }
    if (dropped.length > 0 && host !== common) host.kill();
  };

  const listener: HostListener = {
    answered(host, reply) {
      if (reply.kind === "x") refuse(host, reply);
      const pending = reply.kind === "x" ? undefined : host.calls.get(reply.call);
      if (pending === undefined) return;
      if (reply.kind === "l") write(pending, reply.text);
      else if (reply.kind === "?" && pending.known.refused === undefined) host.teach(pending);
      else {
        host.settle(reply.call);
        conclude(pending, reply);
      }
    },
    gone(host, left, culprit, late) {
      cells.forget(host);
      if (common === host) common = undefined;
      if (spare === host) spare = undefined;
      const guilty = left.find(({ id }) => id === culprit);
      if (guilty !== undefined)
        offend(guilty, late ? tookTooLong(guilty, settings.timeout) : tookTooMuch(guilty, settings.memory));
      for (const call of left) if (call !== guilty) rerun(call);
    },
  };

  const conclude = (call: PendingCall, reply: Reply): void => {
    const again = reply.kind === "b" || (reply.kind === "w" && call.reruns < mostReruns);
    if (reply.kind === "r") resolve(call, reply.text);
    else if (reply.kind === "v") offend(call, tookTooLong(call, settings.timeout));
    else if (reply.kind === "m") offend(call, tookTooMuch(call, settings.memory));
    else if (again) rerun(call);
    else call.reject(failureOf(call, reply, settings.timeout));
  };

  /** The engine refused a text: the calls that it was sent for come back as unknown, and are told why. */
  const refuse = (host: Host, { call: id, text }: Reply): void => {
    for (const { known } of host.calls.values())
      if (known.id === id) known.refused = String(JSON.parse(text));
  };

  return {
    async start() {
      if (stopped) throw noProcess("was stopped");
      common ??= open();
      const { ready } = common;
      standBy();
      await ready;
    },
    async stop() {
      stopped = true;
      const ending = [...hosts];
      for (const host of ending) host.kill();
      await Promise.all(ending.map(({ ended }) => ended));
      cells.stop();
    },
    run,
  };
}

function resolve(call: PendingCall, json: string): void {
  try {
    call.resolve(decodeResult(json, call.argument.tokens));
  } catch (cause) {
    call.reject(
      new TidegateError("FUNCTION_RESULT", `${call.compiled.label}: its result cannot be read`, { cause }),
    );
  }
}

function tell({ compiled }: PendingCall, error: Error): void {
  try {
    compiled.onLimitExceeded(error);
  } catch {
    // Who listens must not decide what becomes of the call.
  }
}

function write({ compiled }: PendingCall, text: string): void {
  const lines: readonly [Parameters<typeof compiled.console>[0]["level"], string][] = JSON.parse(text);
  for (const [level, line] of lines) {
    try {
      compiled.console({ level, text: line });
    } catch {
      return;
    }
  }
}
