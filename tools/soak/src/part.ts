import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** A process that takes part in a run and talks with it in messages. */
export interface Part<Message> {
  /** Sends it something. */
  send(message: NonNullable<unknown>): void;
  /** The first message that fits, of those that come from now on. Rejects when the process ends first, or after 20 seconds. */
  next(what: string, fits: (message: Message) => boolean): Promise<Message>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** A change that takes longer than this has failed. */
const patience = 20_000;

/** Starts a program of ours as a process of its own, which ends with this one. What it prints is shown;
 * the garbage collector is in reach. */
export function startPart<Message>(program: string, args: readonly string[]): Part<Message> {
  const child: ChildProcess = fork(program, [...args], {
    execArgv: ["--conditions=@tidegate/source", "--expose-gc"],
  });
  return {
    send: (message) => void child.send(message),
    next: (what, fits) => {
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      const came = (message: unknown): void => {
        if (fits(message as Message)) resolve(message as Message);
      };
      const ended = (): void => reject(new Error(`${what}: the process ended.`));
      const timer = setTimeout(
        () => reject(new Error(`${what}: not within ${patience / 1000} s.`)),
        patience,
      );
      child.on("message", came);
      child.on("exit", ended);
      return promise.finally(() => {
        clearTimeout(timer);
        child.off("message", came);
        child.off("exit", ended);
      });
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
