import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** A child process of a run that exchanges messages with this process. */
export interface ChildProgram<Message> {
  send(message: NonNullable<unknown>): void;
  /**
   * Resolves with the next message that matches. Rejects if the process ends first, or after 20 seconds.
   * @param what the awaited event, for the error
   */
  next(what: string, matches: (message: Message) => boolean): Promise<Message>;
  stop(): Promise<void>;
}

/** The time limit for a message. */
const timeoutMs = 20_000;

/**
 * Starts a program in a child process, with access to the garbage collector. It ends with this process and
 * shares its output.
 */
export function startProgram<Message>(program: string, args: readonly string[]): ChildProgram<Message> {
  const child: ChildProcess = fork(program, [...args], {
    execArgv: ["--conditions=@tidegate/source", "--expose-gc"],
  });
  return {
    send: (message) => void child.send(message),
    next: (what, matches) => {
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      const receive = (message: unknown): void => {
        if (matches(message as Message)) resolve(message as Message);
      };
      const ended = (): void => reject(new Error(`${what}: the process ended.`));
      const timer = setTimeout(
        () => reject(new Error(`${what}: not within ${timeoutMs / 1000} s.`)),
        timeoutMs,
      );
      child.on("message", receive);
      child.on("exit", ended);
      return promise.finally(() => {
        clearTimeout(timer);
        child.off("message", receive);
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
