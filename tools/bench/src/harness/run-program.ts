import { fork } from "node:child_process";
import { nodeFlags } from "./node-flags.ts";

/**
 * Runs a program of ours as a process of its own, with the garbage collector in reach, and resolves with the one message
 * that it sends. The process ends with this one.
 * @param given handed to the program as its first argument, as JSON
 * @throws where it ends without a message
 */
export async function runProgram<Message>(program: string, given: unknown): Promise<Message> {
  const child = fork(program, [JSON.stringify(given)], {
    execArgv: [...nodeFlags, "--conditions=@tidegate/source", "--expose-gc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  let message: Message | undefined;
  child.on("message", (came) => {
    message = came as Message;
  });
  child.on("error", reject);
  child.on("exit", (code, signal) => {
    if (message !== undefined) resolve(message);
    else reject(new Error(`${program} ended with ${signal ?? `exit code ${code}`} and told nothing.`));
  });
  return promise;
}

/** The other end: makes the program's message of what it was given, and ends the process. */
export async function answerProgram<Given, Message>(run: (given: Given) => Promise<Message>): Promise<void> {
  const gone = (): never => process.exit();
  process.on("disconnect", gone);
  const message = await run(JSON.parse(process.argv[2] ?? ""));
  process.off("disconnect", gone);
  process.send?.(message, () => process.exit());
}
