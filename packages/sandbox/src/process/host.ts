import type { Clock } from "@tidegate/core-registry";
import { openBlackBox } from "./black-box.ts";
import type { PendingCall } from "./call.ts";
import { noProcess } from "./failures.ts";
import { encodeFrame, readFrames } from "./frames.ts";
import { type LaunchOptions, launch } from "./launch.ts";
import { watch } from "./watchdog.ts";
import { type ChildSettings, type Reply, readLine } from "./wire.ts";

/** One child process, seen from the gateway. */
export interface Host {
  /** Its process; undefined where none could be started. */
  readonly pid: number | undefined;
  /** Resolves when it can run functions; rejects where it cannot be started. */
  readonly ready: Promise<void>;
  /** Resolves when nothing of it is left. */
  readonly ended: Promise<void>;
  /** The calls that wait for it, by number. */
  readonly calls: ReadonlyMap<number, PendingCall>;
  /** Characters of arguments that wait for it. */
  readonly load: number;
  /** Lets a service live here though it broke a limit. */
  house(service: string): void;
  /** Sends a call, with others of this turn of the loop in one message. */
  send(call: PendingCall): void;
  /** Sends a function's text, then the call again that it lacked it for. */
  teach(call: PendingCall): void;
  /** A call has its answer. */
  settle(call: number): PendingCall | undefined;
  /** Ends it at once; no call is to blame. */
  kill(): void;
}

/** What a host tells. */
export interface HostListener {
  /** A child answered a call. */
  answered(host: Host, reply: Reply): void;
  /** It is gone: what waited for it, which call did it (if one did), and whether it was killed for being late. */
  gone(host: Host, left: readonly PendingCall[], culprit: number, late: boolean): void;
}

/** What a host is made with. */
export interface HostOptions extends LaunchOptions {
  /** What the child is told first. */
  readonly settings: ChildSettings;
  /** The most time without a sign of life while there is work, in milliseconds. */
  readonly patience: number;
  /** Whose time. */
  readonly clock: Clock;
}

const startingPatience = 10_000;
const mostComplaints = 4000;
/** Characters; one that is longer is cut into several. */
const longestMessage = 8 * 1024 * 1024;

/** Starts a child process. What goes wrong is told by `ready` and the listener, never thrown. */
export function openHost(options: HostOptions, listener: HostListener): Host {
  const { clock, settings, patience } = options;
  const blackBox = openBlackBox();
  const { child, channel, complaints } = launch(blackBox.fd, options);
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const calls = new Map<number, PendingCall>();
  let load = 0;
  let outgoing: string[] = [];
  let complaint = "";
  let isReady = false;
  let late = false;
  let blameless = false;
  let cause: unknown;
  let over = false;

  /** A child that has nothing to do keeps nobody from ending. */
  const hold = (busy: boolean): void => {
    for (const handle of [child, channel, complaints]) busy ? handle.ref() : handle.unref();
  };
  const end = (): void => {
    hold(true);
    child.kill("SIGKILL");
    finish();
  };
  const kill = (): void => {
    blameless = true;
    end();
  };
  const watchdog = watch(
    clock,
    patience,
    () => isReady && calls.size > 0,
    () => {
      late = true;
      end();
    },
  );
  const cancelStart = clock.after(startingPatience, kill);

  const flush = (): void => {
    const lines = outgoing;
    outgoing = [];
    if (over) return;
    let from = 0;
    let length = 0;
    for (const [index, line] of lines.entries()) {
      length += line.length;
      if (length < longestMessage && index + 1 < lines.length) continue;
      channel.write(encodeFrame(lines.slice(from, index + 1)));
      from = index + 1;
      length = 0;
    }
  };
  const say = (line: string): void => {
    if (outgoing.push(line) === 1) setImmediate(flush);
  };
  const hear = (line: string): void => {
    if (line.startsWith("+")) {
      isReady = true;
      cancelStart();
      ready.resolve();
      watchdog.alive();
      hold(calls.size > 0);
    } else if (line.startsWith("!")) {
      cause = new Error(String(JSON.parse(line.slice(1))));
      kill();
    } else listener.answered(host, readLine(line));
  };
  const finish = (error?: Error): void => {
    if (over) return;
    over = true;
    cancelStart();
    watchdog.stop();
    channel.destroy();
    const culprit = blameless ? 0 : blackBox.read();
    blackBox.close();
    const why = cause ?? error ?? new Error(complaint.trim() || "The process ended");
    ready.reject(noProcess("cannot start a process", why));
    const left = [...calls.values()];
    calls.clear();
    listener.gone(host, left, culprit, late);
  };

  const line = ({ id, known, argument }: PendingCall): string =>
    argument.tokens === undefined
      ? `c${id} ${known.id} ${argument.json}`
      : `k${id} ${known.id} ${argument.tokens.nonce} ${argument.json}`;

  const host: Host = {
    pid: child.pid,
    ready: ready.promise,
    ended: ended.promise,
    calls,
    get load() {
      return load;
    },
    house: (service) => say(`o${JSON.stringify(service)}`),
    send(call) {
      const idle = calls.size === 0;
      calls.set(call.id, call);
      load += call.argument.json.length;
      say(line(call));
      if (idle) {
        watchdog.alive();
        hold(true);
      }
    },
    teach(call) {
      const { id, service, script, offset, takesUtil } = call.known;
      say(`d${JSON.stringify({ id, service, script, offset, takesUtil })}`);
      say(line(call));
    },
    settle(id) {
      const call = calls.get(id);
      if (call === undefined) return undefined;
      calls.delete(id);
      load -= call.argument.json.length;
      if (calls.size === 0 && isReady) hold(false);
      return call;
    },
    kill,
  };

  ready.promise.catch(() => {});
  const read = readFrames((lines) => {
    watchdog.alive();
    for (const heard of lines) hear(heard);
  });
  channel.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      cause = error;
      kill();
    }
  });
  channel.on("error", kill);
  complaints.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-mostComplaints);
  });
  // Not "exit": what it had answered before is read first.
  child.on("close", () => {
    finish();
    ended.resolve();
  });
  child.on("error", (error) => {
    if (child.pid === undefined) finish(error);
  });
  say(`s${JSON.stringify(settings)}`);
  flush();
  return host;
}
